/** Which speed and which edit point a key means. Pure. */
import type { SequenceView } from "../backend/generated";

/** Fastest play, times normal speed. */
const FASTEST = 8;

/** The speed after one more J (-1) or L (1): from still 1, then doubled; turned round 1 again. */
export function faster(rate: number, direction: 1 | -1): number {
  const along = rate * direction;
  return direction * (along <= 0 ? 1 : Math.min(FASTEST, along * 2));
}

/** Starts of the clips and the last frame, in order. */
function editPoints({ clips, frames }: SequenceView): number[] {
  return [...clips.map((clip) => clip.at), Math.max(0, frames - 1)];
}

/** The last edit point before a frame; the first frame when there is none. */
export function editPointBefore(sequence: SequenceView, frame: number): number {
  return editPoints(sequence).findLast((point) => point < frame) ?? 0;
}

/** The first edit point behind a frame; the last frame when there is none. */
export function editPointAfter(sequence: SequenceView, frame: number): number {
  return editPoints(sequence).find((point) => point > frame) ?? Math.max(0, sequence.frames - 1);
}
