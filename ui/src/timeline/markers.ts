/** Markers of the sequence: which one is meant, and where their flags stand. Pure. */

import type { MarkerView, Rate } from "../backend/generated";
import { timecode } from "../time/timecode";
import { type Viewport, visibleSpan, widthOf, xOf } from "./geometry";

/** OpenTimelineIO's colours, as the program names them. */
export const MARKER_COLOURS = [
  "pink",
  "red",
  "orange",
  "yellow",
  "green",
  "cyan",
  "blue",
  "purple",
  "magenta",
  "black",
  "white",
] as const;

/** Flags stand no nearer to one another than this. */
const FLAG_PX = 5;

/** A marker that is to be made. */
export function newMarker(at: number): MarkerView {
  return { id: "", at, frames: 0, name: "", note: "", colour: "green" };
}

/** The marker that begins at a frame; else the last of those whose stretch has the frame in it. */
export function markerAt(markers: readonly MarkerView[], frame: number): MarkerView | null {
  const over = ({ at, frames }: MarkerView) => at <= frame && frame < at + frames;
  return (
    markers.findLast((marker) => marker.at === frame) ??
    markers.findLast((marker) => over(marker)) ??
    null
  );
}

/** The first marker behind a frame. */
export function markerAfter(markers: readonly MarkerView[], frame: number): MarkerView | null {
  return markers.find((marker) => marker.at > frame) ?? null;
}

/** The last marker in front of a frame. */
export function markerBefore(markers: readonly MarkerView[], frame: number): MarkerView | null {
  return markers.findLast((marker) => marker.at < frame) ?? null;
}

/** `Applause, 10:00:12:04`; a marker without a name is called one. */
export function markerWords(marker: MarkerView, rate: Rate | null, startFrame: number): string {
  const name = marker.name === "" ? "Marker" : marker.name;
  return `${name}, ${timecode(startFrame + marker.at, rate)}`;
}

/** A flag on the ruler. */
export interface Flag {
  marker: MarkerView;
  /** Where its pole stands. */
  x: number;
  /** Width of its stretch; 0 for a point. */
  width: number;
}

/** The flags in sight. Of those too near to one another to tell apart only the first has one. */
export function flagsIn(
  markers: readonly MarkerView[],
  view: Viewport,
  /** Has its flag in any case. */
  open: string | null = null,
): Flag[] {
  const { from, to } = visibleSpan(view);
  const flags: Flag[] = [];
  for (const marker of markers) {
    if (marker.at > to) break;
    if (marker.at + marker.frames < from) continue;
    const x = xOf(marker.at, view);
    const last = flags.at(-1);
    if (last !== undefined && x - last.x < FLAG_PX && marker.id !== open) continue;
    flags.push({ marker, x, width: widthOf(marker.frames, view) });
  }
  return flags;
}
