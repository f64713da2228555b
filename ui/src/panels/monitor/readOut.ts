/** The time of a monitor as it is read, and as it is typed to go somewhere. Pure. */
import type { MonitorView } from "../../backend/generated";
import type { TimeShown } from "../../state/timeShown";
import { noDate, tamsTime, wallClock } from "../../time/flowTime";
import { parseTimecode, timecode } from "../../time/timecode";
import type { Drawn } from "./drawn";

/** How a time is read. */
export interface Reading {
  readonly shown: TimeShown;
  /** Timecode of frame 0, in frames. */
  readonly start: number;
  readonly frameRate: MonitorView["frameRate"];
}

type Timed = Pick<Drawn, "frame" | "time" | "taiAhead">;

/** The time of what is drawn, as it is to be read; `—` where there is none of this kind. */
export function readOut(drawn: Timed | null, { shown, start, frameRate }: Reading): string {
  const frame = drawn?.frame ?? 0;
  switch (shown) {
    case "timecode":
      return timecode(start + frame, frameRate);
    case "frames":
      return String(frame);
    case "tams":
      return drawn?.time == null ? "—" : tamsTime(drawn.time);
    case "clock":
      return wallClock(drawn)?.ofDay ?? "—";
  }
}

/** What there is to know of it beside: how to go elsewhere, the day, or why there is none. */
export function readOutTitle(drawn: Timed | null, shown: TimeShown): string {
  switch (shown) {
    case "timecode":
      return "Go to a timecode";
    case "frames":
      return "Frames from 0. Go to a frame";
    case "tams":
      return "Time on the flow's own timeline, in seconds and nanoseconds";
    case "clock":
      return noDate(drawn) ?? `${wallClock(drawn)?.day}, time of day in UTC`;
  }
}

/** What is typed is read against this. */
export interface TimecodeSpan {
  /** Timecode of frame 0, in frames. */
  readonly start: number;
  readonly frames: number;
  readonly frameRate: MonitorView["frameRate"];
}

/** The frame to go to by a timecode that was typed, within what there is; `null` when it is none. */
export function timecodeTarget(
  typed: string,
  current: number,
  { start, frames, frameRate }: TimecodeSpan,
): number | null {
  const found = parseTimecode(typed.replace("−", "-"), frameRate, start + current);
  return found === null ? null : within(found - start, frames);
}

/** The frame that was typed, `1015`, or `+10` and `−10` from here; `null` when it is none. */
export function frameTarget(typed: string, current: number, frames: number): number | null {
  const parts = /^([+-]?)(\d{1,9})$/.exec(typed.trim().replace("−", "-"));
  if (!parts) return null;
  const number = Number(parts[2]);
  if (parts[1] === "") return within(number, frames);
  return within(parts[1] === "+" ? current + number : current - number, frames);
}

function within(frame: number, frames: number): number {
  return Math.min(Math.max(0, frames - 1), Math.max(0, frame));
}
