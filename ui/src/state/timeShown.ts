/** How the time of a monitor is read, as it is chosen and saved. Pure. */
import type { MonitorName } from "../backend/generated";

export const TIMES = ["timecode", "frames", "tams", "clock"] as const;
export type TimeShown = (typeof TIMES)[number];

/** Words for them: short beside the time, long in the menu. */
export const TIME_WORDS: Record<TimeShown, { short: string; long: string }> = {
  timecode: { short: "TC", long: "Timecode" },
  frames: { short: "F", long: "Frames" },
  tams: { short: "TAMS", long: "TAMS time" },
  clock: { short: "UTC", long: "Wall clock" },
};

/** The one after it; no wall clock for what has no date. */
export function nextTime(shown: TimeShown, hasDate: boolean): TimeShown {
  const next = TIMES[(TIMES.indexOf(shown) + 1) % TIMES.length] ?? "timecode";
  return next === "clock" && !hasDate ? nextTime(next, hasDate) : next;
}

/** What was saved for both monitors; what makes no sense is timecode. */
export function savedTimes(value: unknown): Record<MonitorName, TimeShown> {
  const saved =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const known = (one: unknown) => TIMES.find((time) => time === one) ?? "timecode";
  return { source: known(saved.source), record: known(saved.record) };
}
