import { expect, it } from "vitest";
import type { MarkerView } from "../backend/generated";
import { flagsIn, markerAfter, markerAt, markerBefore, markerWords, newMarker } from "./markers";

function marker(id: string, at: number, frames = 0): MarkerView {
  return { ...newMarker(at), id, frames };
}

const markers = [marker("a", 10), marker("b", 20, 30), marker("c", 40)];

it("finds the marker of a frame, before and behind it", () => {
  expect(markerAt(markers, 10)?.id).toBe("a");
  expect(markerAt(markers, 11)).toBeNull();
  expect(markerAt(markers, 49)?.id).toBe("b");
  expect(markerAt(markers, 40)?.id).toBe("c");
  expect(markerAt(markers, 50)).toBeNull();
  expect(markerAfter(markers, 10)?.id).toBe("b");
  expect(markerAfter(markers, 40)).toBeNull();
  expect(markerBefore(markers, 40)?.id).toBe("b");
  expect(markerBefore(markers, 10)).toBeNull();
});

it("says its name and where it is", () => {
  const rate = { numerator: 25, denominator: 1 };
  expect(markerWords(marker("a", 10), rate, 0)).toBe("Marker, 00:00:00:10");
  expect(markerWords({ ...marker("a", 10), name: "Cue" }, rate, 25)).toBe("Cue, 00:00:01:10");
});

it("has a flag where it is in sight", () => {
  const view = { width: 100, pxPerFrame: 4, firstFrame: 15 };
  expect(flagsIn(markers, view).map(({ marker: { id }, x, width }) => [id, x, width])).toEqual([
    ["b", 20, 120],
    ["c", 100, 0],
  ]);
});

it("has no flag too near to another one, unless it is open", () => {
  const view = { width: 100, pxPerFrame: 0.2, firstFrame: 0 };
  const ids = (open: string | null) => flagsIn(markers, view, open).map((flag) => flag.marker.id);
  expect(ids(null)).toEqual(["a", "c"]);
  expect(ids("b")).toEqual(["a", "b"]);
});
