/** Frames and pixels: where things lie in a lane, and what lies under a pixel. */

import type { ClipView } from "../backend/generated";

/** What of the time line a lane shows. */
export interface Viewport {
  /** Width of the lane in CSS pixels. */
  width: number;
  /** Scale; above 0. */
  pxPerFrame: number;
  /** Frame at the left edge; a fraction while scrolling between frames. */
  firstFrame: number;
}

/** Frames from `from` up to, not including, `to`. */
export interface FrameSpan {
  from: number;
  to: number;
}

/** Which part of a clip is under the pointer. */
export type ClipZone = "head" | "body" | "tail";

/** A clip under the pointer. */
export interface ClipHit {
  clip: ClipView;
  index: number;
  zone: ClipZone;
}

/** Width of the handle at each end of a clip, in pixels. */
export const HANDLE_PX = 7;

/** Clips narrower than this are drawn together with their neighbours. */
export const CROWD_PX = 4;

/** A clip, or a run of clips too narrow to tell apart. */
export type LaneItem =
  | { kind: "clip"; clip: ClipView; index: number }
  | {
      kind: "crowd";
      /** Index of the first clip of the run. */
      index: number;
      count: number;
      at: number;
      frames: number;
      selected: boolean;
    };

/** Left edge of a frame, in pixels from the lane's left edge. */
export function xOf(frame: number, view: Viewport): number {
  return (frame - view.firstFrame) * view.pxPerFrame;
}

/** The frame under a pixel; may lie outside of what there is. */
export function frameAt(x: number, view: Viewport): number {
  return Math.floor(view.firstFrame + x / view.pxPerFrame + 1e-9);
}

/** The frame boundary nearest to a pixel: the first frame behind it. */
export function edgeAt(x: number, view: Viewport): number {
  return Math.round(view.firstFrame + x / view.pxPerFrame);
}

/** Width of so many frames, in pixels. */
export function widthOf(frames: number, view: Viewport): number {
  return frames * view.pxPerFrame;
}

/** Frames the lane can show, never below 1. */
export function framesAcross(view: Viewport): number {
  return Math.max(1, view.width / view.pxPerFrame);
}

/** The frames that are at least partly in sight. */
export function visibleSpan(view: Viewport): FrameSpan {
  const from = Math.max(0, Math.floor(view.firstFrame));
  const to = Math.ceil(view.firstFrame + framesAcross(view));
  return { from, to: Math.max(from, to) };
}

/** A whole number held between two others; the lower one wins when they cross. */
export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/** Index of the clip that holds a frame; -1 when none does. The clips are in order and touch. */
export function clipIndexAt(clips: readonly ClipView[], frame: number): number {
  const index = firstEndingBehind(clips, frame);
  const clip = clips[index];
  return clip !== undefined && clip.at <= frame ? index : -1;
}

/** Index of the first clip whose end lies behind a frame; the number of clips when none does. */
export function firstEndingBehind(clips: readonly ClipView[], frame: number): number {
  let low = 0;
  let high = clips.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const clip = clips[middle];
    if (clip !== undefined && clip.at + clip.frames <= frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What to draw in a lane: the clips in sight, those too narrow to tell apart as one run. There are
 * never more items than the lane has room for, however many clips there are.
 */
export function laneItems(
  clips: readonly ClipView[],
  view: Viewport,
  selected: ReadonlySet<string>,
): LaneItem[] {
  const { from, to } = visibleSpan(view);
  const items: LaneItem[] = [];
  for (let index = firstEndingBehind(clips, from); index < clips.length; index += 1) {
    const clip = clips[index];
    if (clip === undefined || clip.at >= to) break;
    if (widthOf(clip.frames, view) >= CROWD_PX) {
      items.push({ kind: "clip", clip, index });
      continue;
    }
    const last = items.at(-1);
    const chosen = selected.has(clip.id);
    // A run shows as selected when one of its clips is, and ends once it is wide enough to be seen.
    if (last?.kind === "crowd" && widthOf(last.frames, view) < CROWD_PX) {
      last.count += 1;
      last.frames += clip.frames;
      last.selected ||= chosen;
    } else {
      items.push({
        kind: "crowd",
        index,
        count: 1,
        at: clip.at,
        frames: clip.frames,
        selected: chosen,
      });
    }
  }
  return items;
}

/**
 * The clip under a pixel and which part of it. The handles never take more than a third of the
 * clip each; between two clips the nearer one wins.
 */
export function hitClip(clips: readonly ClipView[], x: number, view: Viewport): ClipHit | null {
  const index = clipIndexAt(clips, frameAt(x, view));
  const clip = clips[index];
  if (clip === undefined) return tailOfLast(clips, x, view);
  const left = xOf(clip.at, view);
  const width = widthOf(clip.frames, view);
  const handle = Math.min(HANDLE_PX, width / 3);
  if (x < left + handle) return { clip, index, zone: "head" };
  if (x >= left + width - handle) return { clip, index, zone: "tail" };
  return { clip, index, zone: "body" };
}

/** Just behind the end the last clip's tail can still be taken. */
function tailOfLast(clips: readonly ClipView[], x: number, view: Viewport): ClipHit | null {
  const clip = clips.at(-1);
  if (clip === undefined) return null;
  const past = x - xOf(clip.at + clip.frames, view);
  return past >= 0 && past < HANDLE_PX ? { clip, index: clips.length - 1, zone: "tail" } : null;
}

/** Ids of the clips that a range of pixels touches. */
export function clipsWithin(
  clips: readonly ClipView[],
  x0: number,
  x1: number,
  view: Viewport,
): string[] {
  const from = view.firstFrame + Math.min(x0, x1) / view.pxPerFrame;
  const to = view.firstFrame + Math.max(x0, x1) / view.pxPerFrame;
  const ids: string[] = [];
  for (let index = firstEndingBehind(clips, from); index < clips.length; index += 1) {
    const clip = clips[index];
    if (clip === undefined || clip.at >= to) break;
    ids.push(clip.id);
  }
  return ids;
}

/** Where a clip dropped at a frame goes: the index of the joint nearest to it. */
export function jointAt(clips: readonly ClipView[], frame: number): number {
  const index = clipIndexAt(clips, frame);
  const clip = clips[index];
  if (clip === undefined) return frame < 0 ? 0 : clips.length;
  return frame - clip.at < clip.frames / 2 ? index : index + 1;
}

/** Sequence frame of the joint in front of the clip with this index; the end for their number. */
export function jointFrame(clips: readonly ClipView[], index: number): number {
  const clip = clips[index];
  if (clip !== undefined) return clip.at;
  const last = clips.at(-1);
  return last === undefined ? 0 : last.at + last.frames;
}
