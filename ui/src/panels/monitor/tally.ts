/** Counts the pictures that really reached the screen while playing. All pure. */

import type { FrameHeader } from "../../backend/frames";

/** What was drawn of late. */
export interface Tally {
  /** When pictures were drawn in the last second of playing, in milliseconds. */
  readonly drawn: readonly number[];
  /** Frames that never reached the screen since play began. */
  readonly lost: number;
  readonly last: Pick<FrameHeader, "frame" | "generation" | "playing"> | null;
}

/** Nothing was drawn yet. */
export const NO_TALLY: Tally = { drawn: [], lost: 0, last: null };

const WINDOW = 1000;
/** A longer way between two pictures is a jump, not a loss. */
const JUMP = 30;
/** Pictures this long overdue mean that playing has come to a halt. */
const STALLED = 500;

/** The tally after a picture; `rate` is how fast is being played, only ±1 shows every frame. */
export function tally(before: Tally, header: FrameHeader, rate: number, now: number): Tally {
  const { frame, generation, playing } = header;
  const last = { frame, generation, playing };
  if (!playing) return { drawn: [], lost: before.lost, last };
  const began = !before.last?.playing || before.last.generation !== generation;
  if (began) return { drawn: [now], lost: 0, last };
  // The way back to the start of what repeats is none that frames are left out on.
  const way = (frame - (before.last?.frame ?? frame)) * Math.sign(rate);
  const isLoss = Math.abs(rate) === 1 && way > 1 && way <= JUMP;
  return {
    drawn: [...before.drawn.filter((time) => now - time < WINDOW), now],
    lost: before.lost + (isLoss ? way - 1 : 0),
    last,
  };
}

/** Pictures a second that reached the screen; `null` when it can't be said yet. */
export function drawnFps(counted: Tally, now: number): number | null {
  const recent = counted.drawn.filter((time) => now - time < WINDOW);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || recent.length < 3) return null;
  if (now - last > STALLED) return recent.length;
  return ((recent.length - 1) * 1000) / (last - first);
}

/** Playing, but no picture has come for a while. */
export function isStalled(counted: Tally, now: number): boolean {
  const last = counted.drawn.at(-1);
  return counted.last?.playing === true && last !== undefined && now - last > STALLED;
}
