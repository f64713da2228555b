/**
 * Frames as timecode and back. Exact integers only; drop-frame for 30000/1001 and 60000/1001,
 * where two (four) numbers are left out at each minute that is not a tenth one.
 */
import type { Rate } from "../backend/generated";

/** The rate timecode counts at where a flow's own rate varies. */
export const FALLBACK_RATE: Rate = { numerator: 25, denominator: 1 };

/** How a rate counts: frames to the second of timecode, and numbers left out a minute. */
export interface Counting {
  /** Frames to one second of timecode. */
  base: number;
  /** Frame numbers left out at each minute but the tenth; 0 without drop-frame. */
  drop: number;
}

/** How timecode counts at a rate. */
export function countingOf(rate: Rate | null): Counting {
  const { numerator, denominator } = valid(rate);
  const base = Math.max(1, Math.round(numerator / denominator));
  const ntsc = denominator === 1001 && numerator % 30000 === 0;
  return { base, drop: ntsc ? base / 15 : 0 };
}

/** `HH:MM:SS:FF`, with `;` before the frames in drop-frame; hours do not wrap at 24. */
export function timecode(frame: number, rate: Rate | null): string {
  const counting = countingOf(rate);
  const sign = frame < 0 ? "-" : "";
  const number = withDropped(Math.abs(Math.trunc(frame)), counting);
  const { base } = counting;
  const seconds = Math.floor(number / base);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const width = base > 100 ? 3 : 2;
  const frames = String(number % base).padStart(width, "0");
  return `${sign}${parts.map(two).join(":")}${counting.drop > 0 ? ";" : ":"}${frames}`;
}

/**
 * What a user typed in a timecode field, in frames: `01:00:10:12`, `1015` (the last two digits
 * are frames), or `+10` and `-10`, frames from `current`. `null` when it is none of these or names
 * a number that drop-frame leaves out.
 */
export function parseTimecode(text: string, rate: Rate | null, current: number): number | null {
  const trimmed = text.trim();
  const relative = /^([+-])(\d{1,7})$/.exec(trimmed);
  if (relative) {
    const by = Number(relative[2]);
    return Math.max(0, relative[1] === "+" ? current + by : current - by);
  }
  const fields = fieldsOf(trimmed);
  if (!fields) return null;
  const { base, drop } = countingOf(rate);
  const [hours, minutes, seconds, frames] = fields;
  if (minutes > 59 || seconds > 59 || frames >= base) return null;
  const totalMinutes = hours * 60 + minutes;
  if (drop > 0 && totalMinutes % 10 !== 0 && seconds === 0 && frames < drop) return null;
  const number = (totalMinutes * 60 + seconds) * base + frames;
  return number - drop * (totalMinutes - Math.floor(totalMinutes / 10));
}

/** Frames in whole seconds and the rest: `35 s 17 f`. */
export function secondsAndFrames(frames: number, rate: Rate | null): string {
  const { base } = countingOf(rate);
  const seconds = Math.floor(frames / base);
  const rest = frames % base;
  if (seconds === 0) return `${rest} f`;
  return rest === 0 ? `${seconds} s` : `${seconds} s ${rest} f`;
}

/** Milliseconds that so many frames last. */
export function framesToMs(frames: number, rate: Rate | null): number {
  const { numerator, denominator } = valid(rate);
  return (frames * 1000 * denominator) / numerator;
}

/** `25 fps`, `29.97 fps`, `varying rate`. */
export function rateWords(rate: Rate | null): string {
  if (!rate || rate.denominator === 0) return "varying rate";
  const fps = rate.numerator / rate.denominator;
  return `${Number.isInteger(fps) ? fps : fps.toFixed(2)} fps`;
}

function valid(rate: Rate | null): Rate {
  return rate && rate.numerator > 0 && rate.denominator > 0 ? rate : FALLBACK_RATE;
}

/** The number timecode gives to a frame: the frame and all numbers left out before it. */
function withDropped(frame: number, { base, drop }: Counting): number {
  if (drop === 0) return frame;
  const minute = base * 60 - drop;
  const tenMinutes = minute * 10 + drop;
  const tens = Math.floor(frame / tenMinutes);
  const rest = frame % tenMinutes;
  const minutes = rest < base * 60 ? 0 : 1 + Math.floor((rest - base * 60) / minute);
  return frame + drop * (9 * tens + minutes);
}

/** Hours, minutes, seconds and frames, from the right as far as they were given. */
function fieldsOf(text: string): [number, number, number, number] | null {
  if (/^\d{1,8}$/.test(text)) {
    const digits = text.padStart(8, "0");
    const at = (i: number) => Number(digits.slice(i, i + 2));
    return [at(0), at(2), at(4), at(6)];
  }
  const parts = text.split(/[:;.]/);
  if (parts.length < 2 || parts.length > 4 || !parts.every((p) => /^\d{1,3}$/.test(p))) return null;
  const [h = 0, m = 0, s = 0, f = 0] = [...Array(4 - parts.length).fill(0), ...parts.map(Number)];
  return [h, m, s, f];
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
