/**
 * Frames of a clip's flow and frames of the sequence. Where the rates are the same they are one and
 * the same; where not, the program shows the clip by time and these functions map between the two.
 */

import type { ClipView, Rate } from "../backend/generated";
import { clamp } from "./geometry";

/** What of a clip the mapping needs. */
export type RatedClip = Pick<
  ClipView,
  "at" | "frames" | "sourceFirst" | "sourceFrames" | "sourceFrameRate"
>;

/** The end of a clip that stays where it is: a part of a frame may be left over at the other. */
export type Anchor = "head" | "tail";

/** A source frame that begins up to a millisecond late is the one that is meant, in seconds. */
const ROUNDING = 0.001;

/** What is less than this is an error of floating point. */
const TINY = 1e-7;

/** Both count the same frames. */
export function sameRate(source: Rate | null, sequence: Rate | null): boolean {
  if (source === null || sequence === null) return source === sequence;
  return source.numerator * sequence.denominator === sequence.numerator * source.denominator;
}

/** The clip's frames are left out or shown again: nothing of it can be copied. */
export function isRetimed(clip: RatedClip, sequence: Rate | null): boolean {
  return sequence !== null && !sameRate(clip.sourceFrameRate, sequence);
}

/** Source frames that pass in one frame of the sequence; on the average where their times vary. */
export function pace(clip: RatedClip, sequence: Rate | null): number {
  const { sourceFrameRate: source, sourceFrames, frames } = clip;
  if (sequence === null || !isRetimed(clip, sequence)) return 1;
  if (source === null) return sourceFrames / Math.max(1, frames);
  return ratio(source, sequence);
}

/** Sequence frames that so many frames of a source take, at least 1. */
export function sequenceFrames(
  sourceFrames: number,
  source: Rate | null,
  sequence: Rate | null,
): number {
  if (source === null || sequence === null || sameRate(source, sequence)) return sourceFrames;
  const exact = sourceFrames / ratio(source, sequence) - framesIn(ROUNDING, sequence);
  return Math.max(1, Math.ceil(exact - TINY));
}

/** The place in its flow that lies under a place of the sequence; parts of frames count. */
export function sourcePlace(
  clip: RatedClip,
  sequence: Rate | null,
  place: number,
  anchor: Anchor = "head",
): number {
  const [own, shown] = anchors(clip, anchor);
  return own + (place - shown) * pace(clip, sequence);
}

/** The place of the sequence that lies over a place of the flow; parts of frames count. */
export function sequencePlace(
  clip: RatedClip,
  sequence: Rate | null,
  place: number,
  anchor: Anchor = "head",
): number {
  const [own, shown] = anchors(clip, anchor);
  return shown + (place - own) / pace(clip, sequence);
}

/** The frame of the flow that the clip shows at a frame of the sequence. */
export function shownAt(clip: RatedClip, sequence: Rate | null, frame: number): number {
  const { sourceFirst, sourceFrames } = clip;
  const begun = framesIn(ROUNDING, sequence) * Number(isRetimed(clip, sequence)) + TINY;
  const place = sourcePlace(clip, sequence, frame + begun);
  return clamp(Math.floor(place), sourceFirst, sourceFirst + sourceFrames - 1);
}

/** The first frame of the sequence at which a frame of the flow has begun. */
export function showsFrom(clip: RatedClip, sequence: Rate | null, sourceFrame: number): number {
  const begun = framesIn(ROUNDING, sequence) * Number(isRetimed(clip, sequence)) + TINY;
  return clip.at + Math.ceil(sequencePlace(clip, sequence, sourceFrame) - clip.at - begun);
}

function anchors(clip: RatedClip, anchor: Anchor): [number, number] {
  const { at, frames, sourceFirst, sourceFrames } = clip;
  return anchor === "head" ? [sourceFirst, at] : [sourceFirst + sourceFrames, at + frames];
}

function ratio(source: Rate, sequence: Rate): number {
  return (source.numerator * sequence.denominator) / (source.denominator * sequence.numerator);
}

function framesIn(seconds: number, rate: Rate | null): number {
  return rate === null ? 0 : (seconds * rate.numerator) / rate.denominator;
}
