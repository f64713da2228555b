/** The markers of the fake's sequence. */

import type { MarkerView, SequenceEdit } from "../generated";
import { failure } from "./failure";

export type MarkerEdit = Extract<
  SequenceEdit,
  { kind: "addMarker" | "changeMarker" | "removeMarker" }
>;

const COLOURS = "pink red orange yellow green cyan blue purple magenta black white".split(" ");

export function isMarkerEdit(edit: SequenceEdit): edit is MarkerEdit {
  return ["addMarker", "changeMarker", "removeMarker"].includes(edit.kind);
}

/** The markers after an edit, by their frames, and the name of the step. */
export function editMarkers(
  markers: readonly MarkerView[],
  edit: MarkerEdit,
  newId: () => string,
): { title: string; markers: MarkerView[] } {
  if (edit.kind === "addMarker") {
    const marker = { ...coloured(edit.marker), id: newId() };
    return { title: named("Marker", marker), markers: inOrder([...markers, marker]) };
  }
  const id = edit.kind === "changeMarker" ? edit.marker.id : edit.marker;
  const known = markers.find((one) => one.id === id);
  if (!known) throw failure("SO-EDIT-006", "The marker is gone", `No marker has the id ${id}.`);
  if (edit.kind === "removeMarker") {
    return { title: named("Remove marker", known), markers: markers.filter((m) => m !== known) };
  }
  const marker = coloured(edit.marker);
  return {
    title: named("Change marker", marker),
    markers: inOrder(markers.map((one) => (one === known ? marker : one))),
  };
}

function coloured(marker: MarkerView): MarkerView {
  if (COLOURS.includes(marker.colour)) return marker;
  const detail = `\`${marker.colour}\` is no colour of markers.`;
  throw failure("SO-EDIT-007", "The marker was not set", detail);
}

function inOrder(markers: readonly MarkerView[]): MarkerView[] {
  return markers.toSorted((a, b) => a.at - b.at);
}

function named(step: string, { name }: MarkerView): string {
  return name === "" ? step : `${step} ${name}`;
}
