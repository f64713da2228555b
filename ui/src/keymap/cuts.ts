/** What is done to the cut at the playhead and to the sequence's markers. */
import type { ClipEdge, MarkerView, TransitionView } from "../backend/generated";
import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { shownFrame } from "../state/playhead";
import { useView } from "../state/view";
import { markerAfter, markerAt, markerBefore, newMarker } from "../timeline/markers";
import { type Cut, meantCut } from "../timeline/transitions";

const desk = useDesk.getState;
const view = useView.getState;

/** The cut that the keys mean: near the playhead, of the selected clips where there are some. */
export function cutHere(): Cut | null {
  return meantCut(desk().sequence.clips, view().selectedClips, shownFrame("record"));
}

/** Puts a dissolve on that cut, or a fade where nothing lies on the other side. */
export function dissolveHere(): void {
  const cut = cutHere();
  if (cut) void act.edit({ kind: "dissolve", clip: cut.clip, edge: cut.edge });
}

/** Takes out what lies on that cut. */
export function removeDissolveHere(): void {
  const cut = cutHere();
  if (cut) void setTransition(cut, { before: 0, behind: 0 });
}

/** Sets the frames of a transition; 0 and 0 take it out. Answers whether it was done. */
export function setTransition(
  { clip, edge }: { clip: string; edge: ClipEdge },
  { before, behind }: TransitionView,
): Promise<boolean> {
  return act.edit({ kind: "setTransition", clip, edge, before, behind });
}

/** The marker that the playhead stands on. */
export function markerHere(): MarkerView | null {
  return markerAt(desk().sequence.markers, shownFrame("record"));
}

/** Puts a marker at the playhead. Where there is one already, opens it. */
export function addMarkerHere(): void {
  view().setTab("sequence");
  const at = shownFrame("record");
  const known = desk().sequence.markers.find((marker) => marker.at === at);
  if (known) view().openMarker(known.id);
  else void act.edit({ kind: "addMarker", marker: newMarker(at) });
}

/** Takes a marker out. */
export function removeMarker(id: string): void {
  void act.edit({ kind: "removeMarker", marker: id });
}

/** The marker next to the playhead in a direction that the playhead can go to. */
export function markerBeside(direction: 1 | -1): MarkerView | null {
  const { markers, frames } = desk().sequence;
  const from = shownFrame("record");
  if (direction < 0) return markerBefore(markers, from);
  const next = markerAfter(markers, from);
  return next && next.at < frames ? next : null;
}

/** Shows the frame of a marker, the last one where it lies behind the end. */
export function goToMarker({ at }: MarkerView): void {
  const frame = Math.min(at, Math.max(0, desk().sequence.frames - 1));
  void act.transport("record", { kind: "seek", frame });
}
