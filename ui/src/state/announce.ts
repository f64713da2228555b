/** Says how a job ended, unless its own panel is on the screen and says so. */
import type { JobResult, JobView } from "../backend/generated";
import { count } from "../time/words";
import { useMessages } from "./messages";
import { useView } from "./view";

/** Compares a job with what was known of it. */
export function announce(known: readonly JobView[], job: JobView): void {
  const before = known.find((one) => one.id === job.id)?.state.kind;
  if (before === job.state.kind || before === undefined || isInSight(job)) return;
  const { fail, notice } = useMessages.getState();
  if (job.state.kind === "failed") fail(job.state.failure);
  if (job.state.kind === "done") {
    const words = endWords(job.title, job.state.result);
    if (words !== null) notice(words);
  }
}

/** Whether the panel that shows such jobs is on the screen. */
function isInSight({ kind }: JobView): boolean {
  const { view, compileOpen, side } = useView.getState();
  if (view === "edit" && side === "jobs") return true;
  switch (kind) {
    case "compile":
    case "publish":
    case "relink":
      return view === "edit" && compileOpen;
    case "sheet":
      return view === "sheets";
    case "ingest":
      return view === "edit";
    case "sync":
      return view === "edit" && side === "outbox";
    case "fetch":
    case "pin":
      return false;
  }
}

/** What a job made; `null` where that is seen anyway. */
function endWords(title: string, result: JobResult): string | null {
  switch (result.kind) {
    case "compiled":
      if (!result.kept) return `${title}: not as planned, nothing was kept`;
      return result.verified?.ok
        ? `${result.file} is compiled and verified`
        : `${result.file} is compiled`;
    case "ingested":
      return `${title}: ${count(result.segments, "segment")}`;
    case "published":
      return `${title}: the play link is open`;
    case "printed":
      return `${result.sheet.file} has ${count(result.sheet.codes.length, "code")}`;
    case "synced":
      return `${title}: ${count(result.done, "entry", "entries")} sent, ${result.waiting} waiting`;
    case "relinked":
      return `${title}: ${count(result.clips, "clip")}`;
    case "pinned":
      return `${result.pin.flow} is kept on this machine`;
    case "fetched":
      return null;
  }
}
