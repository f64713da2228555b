/** Where a flow's media lie, as shares of its whole length. */

import type { FlowSegments } from "../../backend/generated";
import { extentOf } from "./timerange";

/** A stretch of the bar; both ends from 0 to 1. */
export interface Stretch {
  readonly kind: "here" | "away" | "gap";
  readonly from: number;
  readonly to: number;
  /** For the tooltip. */
  readonly timerange: string;
}

/** The stretches in time order; empty when nothing can be placed. */
export function stretchesOf(flow: FlowSegments): Stretch[] {
  const placed = [
    ...flow.segments.map((segment) => ({
      kind: segment.here ? ("here" as const) : ("away" as const),
      timerange: segment.timerange,
    })),
    ...flow.gaps.map((gap) => ({ kind: "gap" as const, timerange: gap.timerange })),
  ].flatMap(({ kind, timerange }) => {
    const extent = extentOf(timerange);
    return extent && extent.start !== null && extent.end !== null && extent.end > extent.start
      ? [{ kind, timerange, start: extent.start, end: extent.end }]
      : [];
  });
  placed.sort((one, other) => (one.start < other.start ? -1 : one.start > other.start ? 1 : 0));
  const first = placed[0];
  if (!first) return [];
  const end = placed.reduce((last, { end }) => (end > last ? end : last), first.end);
  const share = (at: bigint) => ratio(at - first.start, end - first.start);
  const stretches: Stretch[] = [];
  for (const { kind, timerange, start, end } of placed) {
    const from = share(start);
    const before = stretches.at(-1);
    if (before && before.kind === kind && kind !== "gap" && before.to >= from) {
      stretches[stretches.length - 1] = {
        ...before,
        to: Math.max(before.to, share(end)),
        timerange: `${before.timerange.split("_")[0]}_${timerange.split("_")[1]}`,
      };
    } else stretches.push({ kind, from, to: share(end), timerange });
  }
  return stretches;
}

/** Where a frame lies on the bar, gaps counted; `null` when no segment holds it. */
export function placeOf(flow: FlowSegments, frame: number): number | null {
  const bounds = flow.segments.flatMap((segment) => {
    const extent = extentOf(segment.timerange);
    return extent && extent.start !== null && extent.end !== null
      ? [{ segment, start: extent.start, end: extent.end }]
      : [];
  });
  const first = bounds[0];
  const last = bounds.at(-1);
  if (!first || !last) return null;
  const whole = last.end - first.start;
  for (const { segment, start, end } of bounds) {
    const behind = frame - segment.firstFrame;
    if (behind < 0 || behind > segment.frames || segment.frames === 0) continue;
    if (behind === segment.frames && segment !== last.segment) continue;
    const inside = ((end - start) * BigInt(behind)) / BigInt(segment.frames);
    return ratio(start + inside - first.start, whole);
  }
  return null;
}

/** Share of the segments' frames whose objects are here, in whole percent, rounded down. */
export function sharePercent(flow: FlowSegments): number | null {
  const frames = flow.segments.reduce((sum, segment) => sum + segment.frames, 0);
  if (frames === 0) return null;
  const here = flow.segments.reduce((sum, { frames, here }) => sum + (here ? frames : 0), 0);
  return Math.floor((here * 100) / frames);
}

/** Both are below 2^63: a millionth of the bar is finer than any pixel. */
function ratio(part: bigint, whole: bigint): number {
  return whole > 0n ? Number((part * 1_000_000n) / whole) / 1_000_000 : 0;
}
