/** Words of the status bar. Pure. */
import type { JobView } from "../backend/generated";
import { durationWords } from "../time/words";

/** Below this share an estimate of the time left would be a guess. */
const TELLING = 0.05;

/** The job to show: one that runs before one that waits. */
export function runningJob(jobs: readonly JobView[]): JobView | null {
  return (
    jobs.find((job) => job.state.kind === "running") ??
    jobs.find((job) => job.state.kind === "queued") ??
    null
  );
}

export interface JobLine {
  /** 0 to 1; `null` when not known. */
  part: number | null;
  /** `62 %`, or the stage. */
  percent: string;
  /** `18 s left`, or nothing. */
  left: string;
}

/** How far a job is, in words. */
export function jobLine({ progress, elapsedMs, state }: JobView): JobLine {
  if (state.kind === "queued") return { part: null, percent: "Waiting", left: "" };
  if (!progress) return { part: null, percent: "", left: "" };
  if (progress.total <= 0) return { part: null, percent: progress.stage, left: "" };
  const part = Math.min(1, progress.done / progress.total);
  const left =
    part >= TELLING && part < 1 ? `${durationWords((elapsedMs / part) * (1 - part))} left` : "";
  return { part, percent: `${Math.floor(part * 100)} %`, left };
}

/** Where media is kept: the stores, or this machine alone. */
export function storeWords(stores: readonly string[]): string {
  return stores.length === 0 ? "Local node, on this machine" : stores.join(", ");
}
