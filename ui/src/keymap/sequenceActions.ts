/** The actions on cuts and markers of the sequence; a part of the list of all. */

import { useDesk } from "../state/desk";
import type { Action } from "./actions";
import {
  addMarkerHere,
  cutHere,
  dissolveHere,
  goToMarker,
  markerBeside,
  markerHere,
  removeDissolveHere,
  removeMarker,
} from "./cuts";
import { editing } from "./deeds";

export const DISSOLVE_ACTIONS: readonly Action[] = [
  {
    id: "edit.dissolve",
    group: "Cut",
    title: "Dissolve at the cut",
    keys: ["Ctrl+D"],
    when: () => editing() && cutHere() !== null,
    run: dissolveHere,
  },
  {
    id: "edit.dissolve.remove",
    group: "Cut",
    title: "Take the dissolve out",
    keys: ["Alt+D"],
    when: () => editing() && (cutHere()?.transition ?? null) !== null,
    run: removeDissolveHere,
  },
];

export const MARKER_ACTIONS: readonly Action[] = [
  {
    id: "marker.add",
    group: "Mark",
    title: "Marker at the playhead",
    keys: ["M"],
    when: () => editing() && useDesk.getState().sequence.clips.length > 0,
    run: addMarkerHere,
  },
  {
    id: "marker.next",
    group: "Mark",
    title: "Go to the next marker",
    keys: ["Shift+M"],
    when: () => editing() && markerBeside(1) !== null,
    run: () => goTo(1),
  },
  {
    id: "marker.previous",
    group: "Mark",
    title: "Go to the marker before",
    keys: ["Ctrl+Shift+M"],
    when: () => editing() && markerBeside(-1) !== null,
    run: () => goTo(-1),
  },
  {
    id: "marker.remove",
    group: "Mark",
    title: "Remove the marker at the playhead",
    keys: ["Alt+M", "Ctrl+Alt+M"],
    when: () => editing() && markerHere() !== null,
    run: () => {
      const marker = markerHere();
      if (marker) removeMarker(marker.id);
    },
  },
];

function goTo(direction: 1 | -1): void {
  const marker = markerBeside(direction);
  if (marker) goToMarker(marker);
}
