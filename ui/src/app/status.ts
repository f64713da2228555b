/** Words of the status bar. Pure. */
import type { ConnectionView, JobView } from "../backend/generated";
import type { Tone } from "../design";
import { connectionTip, stateWords } from "../panels/browser/groups";
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

export interface ConnectionsLine {
  tone: Tone;
  shape?: "ring" | "half";
  /** `studio online`, `2 of 3 online`. */
  words: string;
  /** Each of them, in a line of its own. */
  tip: string;
  /** The one to look at: the first that can't be used, else the first. */
  name: string;
}

/** How the TAMS servers stand, in short; `null` when none is configured. */
export function connectionsLine(
  connections: readonly ConnectionView[],
  now: number,
): ConnectionsLine | null {
  const [first] = connections;
  if (!first) return null;
  const away = connections.filter(({ state }) => state !== "online");
  const { name } = away.find(({ state }) => state !== "connecting") ?? away[0] ?? first;
  const tip = connections
    .map((one) => `${one.name}: ${stateWords(one, now).word}\n${connectionTip(one, now)}`)
    .join("\n\n");
  if (connections.length === 1) {
    const { tone, shape } = stateWords(first, now);
    return { tone, ...(shape && { shape }), words: `${name} ${SHORT[first.state]}`, tip, name };
  }
  const online = connections.length - away.length;
  const words = `${online} of ${connections.length} online`;
  if (away.length === 0) return { tone: "ok", words, tip, name };
  if (away.every(({ state }) => state === "connecting")) {
    return { tone: "slate", shape: "ring", words, tip, name };
  }
  return { tone: "warn", shape: "half", words, tip, name };
}

const SHORT: Record<ConnectionView["state"], string> = {
  connecting: "connecting",
  online: "online",
  offline: "offline",
  refused: "refuses the credentials",
  wrong: "is no TAMS server",
};

/** Where media is kept: the stores, or this machine alone. */
export function storeWords(stores: readonly string[]): string {
  return stores.length === 0 ? "Local node, on this machine" : stores.join(", ");
}
