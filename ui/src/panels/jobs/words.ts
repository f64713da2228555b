/** How jobs are listed: which run, what they say. */

import type { JobView, ProgressView } from "../../backend/generated";

/** It is still at work or in line. */
export function isActive(job: JobView): boolean {
  return job.state.kind === "running" || job.state.kind === "queued";
}

/** `Writing 1,200 of 2,694 frames`; the stage alone when nothing is counted. */
export function progressWords(
  progress: ProgressView | null,
  count: (value: number) => string,
  bytes: (value: number) => string,
): string {
  if (!progress) return "";
  const { stage, done, total, unit } = progress;
  if (unit === "bytes") {
    return total > 0 ? `${stage} ${bytes(done)} of ${bytes(total)}` : `${stage} ${bytes(done)}`;
  }
  if (total > 0) return `${stage} ${count(done)} of ${count(total)} ${unit}`;
  return done > 0 ? `${stage} ${count(done)} ${unit}` : stage;
}

/** What came of a finished job, in a line; empty while it is at work. */
export function outcomeWords(job: JobView, bytes: (value: number) => string): string {
  const { state } = job;
  switch (state.kind) {
    case "queued":
    case "running":
      return "";
    case "cancelled":
      // Each object that came whole is here to stay.
      if (job.kind === "fetch" || job.kind === "pin") return "Cancelled";
      if (job.kind === "relink") return "Cancelled, the clips stay as they were";
      return "Cancelled, nothing was kept";
    case "failed":
      return state.failure.title;
    case "done":
      break;
  }
  const { result } = state;
  switch (result.kind) {
    case "ingested":
      return `${plural(result.segments, "segment")} in the workspace`;
    case "compiled":
      if (!result.kept) return "Not as planned, not kept";
      return result.verified?.ok
        ? `${result.file}, ${bytes(result.bytes)}, verified`
        : `${result.file}, ${bytes(result.bytes)}`;
    case "published":
      return result.queued > 0
        ? `Plays from here, ${plural(result.queued, "entry", "entries")} in the outbox`
        : "Plays at its link";
    case "printed":
      return `${result.sheet.file}, ${plural(result.sheet.codes.length, "code")}`;
    case "synced":
      return result.waiting + result.dead > 0
        ? `${result.done} sent, ${result.waiting + result.dead} still here`
        : `${result.done} sent`;
    case "relinked":
      return `${plural(result.clips, "clip")} linked`;
    case "pinned":
      return `${plural(result.pin.here, "object")} kept on this machine`;
    case "fetched":
      return `${plural(result.objects, "object")}, ${bytes(result.bytes)}, now on this machine`;
  }
}

/** The job made something that the system can open: a file. */
export function madeFile(job: JobView): boolean {
  if (job.state.kind !== "done") return false;
  const { result } = job.state;
  return result.kind === "printed" || (result.kind === "compiled" && result.kept);
}

function plural(value: number, one: string, more = `${one}s`): string {
  return `${value} ${value === 1 ? one : more}`;
}
