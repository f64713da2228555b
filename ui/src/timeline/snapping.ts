/** Snapping: the nearest place that means something, within a few pixels. */

import type { ClipView, FlowSegments, MarkerView, Rate } from "../backend/generated";
import { type FrameSpan, firstEndingBehind } from "./geometry";
import { showsFrom, sourcePlace } from "./rates";

/** How near the pointer has to be, in pixels. */
export const SNAP_PX = 8;

/** What a place is. */
export type SnapKind =
  | "clip edge"
  | "playhead"
  | "marker"
  | "mark in"
  | "mark out"
  | "key frame"
  | "lossless cut";

/** A place that something can snap to: the boundary in front of a frame. */
export interface SnapPoint {
  frame: number;
  kind: SnapKind;
}

/** Places of equal distance: the one that means more first. */
const RANK: Record<SnapKind, number> = {
  "lossless cut": 0,
  "clip edge": 1,
  playhead: 2,
  marker: 3,
  "mark in": 4,
  "mark out": 5,
  "key frame": 6,
};

/**
 * The point nearest to a boundary, when it is within 8 pixels of it. `frame` may be a fraction: it
 * is where the pointer is.
 */
export function snap(
  frame: number,
  points: Iterable<SnapPoint>,
  pxPerFrame: number,
): SnapPoint | null {
  let best: SnapPoint | null = null;
  let bestDistance = SNAP_PX / pxPerFrame;
  for (const point of points) {
    const distance = Math.abs(point.frame - frame);
    if (distance > bestDistance) continue;
    const better = best === null || distance < bestDistance || RANK[point.kind] < RANK[best.kind];
    if (better) {
      best = point;
      bestDistance = distance;
    }
  }
  return best;
}

/** Both ends of every clip in a range of sequence frames, each place once. */
export function clipEdges(clips: readonly ClipView[], within: FrameSpan): SnapPoint[] {
  const points: SnapPoint[] = [];
  let index = firstEndingBehind(clips, within.from - 1);
  const first = clips[index];
  if (first !== undefined && first.at <= within.to) {
    points.push({ frame: first.at, kind: "clip edge" });
  }
  for (; index < clips.length; index += 1) {
    const clip = clips[index];
    if (clip === undefined || clip.at > within.to) break;
    points.push({ frame: clip.at + clip.frames, kind: "clip edge" });
  }
  return points;
}

/** Both ends of every marker in a range of sequence frames; a point has one. */
export function markerPoints(markers: readonly MarkerView[], within: FrameSpan): SnapPoint[] {
  return markers
    .flatMap(({ at, frames }) => (frames > 0 ? [at, at + frames] : [at]))
    .filter((frame) => frame >= within.from && frame <= within.to)
    .map((frame) => ({ frame, kind: "marker" }));
}

/**
 * The key frames of the clips in a range of sequence frames: the first sequence frame, at the
 * sequence's rate, of each.
 */
export function clipKeyFrames(
  clips: readonly ClipView[],
  rate: Rate | null,
  segments: Readonly<Record<string, FlowSegments>>,
  within: FrameSpan,
): number[] {
  const frames: number[] = [];
  for (let index = firstEndingBehind(clips, within.from); index < clips.length; index += 1) {
    const clip = clips[index];
    if (clip === undefined || clip.at >= within.to) break;
    const flow = segments[clip.flowId];
    if (flow === undefined) continue;
    const end = Math.min(clip.at + clip.frames, within.to);
    const keys = flow.keyFrames;
    const from = Math.max(clip.sourceFirst, sourcePlace(clip, rate, within.from));
    for (let key = atOrBehind(keys, from); ; key += 1) {
      const own = keys[key];
      if (own === undefined || own >= clip.sourceFirst + clip.sourceFrames) break;
      const frame = showsFrom(clip, rate, own);
      if (frame >= end) break;
      if (frame !== frames.at(-1)) frames.push(frame);
    }
  }
  return frames;
}

/** Index of the first of the ascending `frames` that is at or behind a frame. */
export function atOrBehind(frames: readonly number[], frame: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle] ?? 0) < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Boundaries of a flow where a cut breaks no GOP: its key frames and its end. */
export function losslessCuts(flow: FlowSegments): SnapPoint[] {
  const points: SnapPoint[] = flow.keyFrames.map((frame) => ({ frame, kind: "lossless cut" }));
  points.push({ frame: flow.frames, kind: "lossless cut" });
  return points;
}

/** The cut nearest to a boundary that breaks no GOP, among those from `low` to `high`. */
export function nearestLossless(
  flow: FlowSegments,
  frame: number,
  low: number,
  high: number,
): number | null {
  const cuts = [...flow.keyFrames, flow.frames];
  const index = atOrBehind(cuts, frame);
  const candidates = [cuts[index - 1], cuts[index]].filter(
    (cut): cut is number => cut !== undefined && cut >= low && cut <= high,
  );
  candidates.sort((a, b) => Math.abs(a - frame) - Math.abs(b - frame));
  return candidates[0] ?? null;
}

/**
 * Frames that are re-encoded because a clip begins at `first` and ends in front of `end`: those of
 * the GOPs that its two ends break.
 */
export function brokenGopFrames(
  flow: FlowSegments,
  first: number,
  end: number,
): { head: number; tail: number } {
  const keys = flow.keyFrames;
  const next = keys[atOrBehind(keys, first)];
  // Without a key frame inside, both ends lie in one GOP and all of the clip is re-encoded.
  if (next === undefined || next >= end) return { head: end - first, tail: 0 };
  const behind = atOrBehind(keys, end);
  const endsWhole = end >= flow.frames || keys[behind] === end;
  return { head: next - first, tail: endsWhole ? 0 : end - (keys[behind - 1] ?? next) };
}
