/** Putting a part of a flow on the timeline with the pointer: where it goes and the edit for it. */

import type { ClipView, FlowPart, MarkerView, SequenceEdit } from "../backend/generated";
import { clamp, jointFrame, type Viewport, visibleSpan } from "./geometry";
import { clipEdges, markerPoints, type SnapPoint, snap } from "./snapping";

/** How the part is put there. */
export type PlaceMode = "insert" | "overwrite" | "append";

/** Where a carried part would go. */
export interface Place {
  mode: PlaceMode;
  /** Its first sequence frame. */
  at: number;
  /** What it has snapped to. */
  snapped: SnapPoint | null;
}

/**
 * Where a part goes that is held over pixel `x`: to the joint, marker or playhead nearby, else to the frame
 * there, where it splits a clip; behind the last clip it is appended.
 */
export function placeAt(
  clips: readonly ClipView[],
  x: number,
  view: Viewport,
  playhead: number,
  overwrite: boolean,
  markers: readonly MarkerView[] = [],
): Place {
  const end = jointFrame(clips, clips.length);
  const pointer = view.firstFrame + x / view.pxPerFrame;
  const within = visibleSpan(view);
  const points = [
    ...clipEdges(clips, within),
    ...markerPoints(markers, within).filter(({ frame }) => frame <= end),
  ];
  if (playhead > 0 && playhead < end) points.push({ frame: playhead, kind: "playhead" });
  const snapped = snap(pointer, points, view.pxPerFrame);
  const at = clamp(snapped?.frame ?? Math.round(pointer), 0, end);
  const mode = at === end ? "append" : overwrite ? "overwrite" : "insert";
  return { mode, at, snapped };
}

/** The edit that puts a part there. */
export function placeEdit(part: FlowPart, { mode, at }: Place): SequenceEdit {
  return mode === "append" ? { kind: "append", part } : { kind: mode, part, at };
}
