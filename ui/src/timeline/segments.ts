/** The segments of a flow as blocks of a lane. */

import type { FlowSegments, SegmentView } from "../backend/generated";
import { type Viewport, visibleSpan, widthOf, xOf } from "./geometry";

/** A segment, or a run of segments too narrow to tell apart, in pixels of the lane. */
export interface SegmentItem {
  /** The first one. */
  segment: SegmentView;
  /** Place of the first one, from 0. */
  index: number;
  count: number;
  left: number;
  width: number;
  /** All of its objects are on this machine. */
  here: boolean;
}

/** Blocks narrower than this are drawn together with their neighbours. */
const NARROW_PX = 4;

/** The segments in sight, those too narrow to tell apart as one. */
export function segmentItems(segments: readonly SegmentView[], view: Viewport): SegmentItem[] {
  const { from, to } = visibleSpan(view);
  const items: SegmentItem[] = [];
  for (const [index, segment] of segments.entries()) {
    if (segment.firstFrame + segment.frames <= from) continue;
    if (segment.firstFrame >= to) break;
    const width = widthOf(segment.frames, view);
    const last = items.at(-1);
    if (last !== undefined && width < NARROW_PX && last.width < NARROW_PX) {
      last.count += 1;
      last.width += width;
      last.here &&= segment.here;
      continue;
    }
    const left = xOf(segment.firstFrame, view);
    items.push({ segment, index, count: 1, left, width, here: segment.here });
  }
  return items;
}

/** What a flow's segments are in all. */
export interface SegmentSums {
  count: number;
  /** Bytes of the objects that are here. */
  bytes: number;
  /** How many objects are not here. */
  missing: number;
}

export function segmentSums({ segments }: FlowSegments): SegmentSums {
  let bytes = 0;
  let missing = 0;
  for (const segment of segments) {
    bytes += segment.bytes ?? 0;
    if (!segment.here) missing += 1;
  }
  return { count: segments.length, bytes, missing };
}
