import { expect, it } from "vitest";
import { clipsOf } from "./fixtures";
import { placeAt, placeEdit } from "./place";

const clips = clipsOf(50, 100, 30);
const view = { width: 1000, pxPerFrame: 4, firstFrame: 0 };
const part = { flowId: "flow", markIn: 5, markOut: 9 };

it("goes to the joint nearby", () => {
  expect(placeAt(clips, 206, view, 0, false)).toEqual({
    mode: "insert",
    at: 50,
    snapped: { frame: 50, kind: "clip edge" },
  });
});

it("goes to the frame under the pointer where nothing is near, over what is there when asked", () => {
  const place = placeAt(clips, 300, view, 0, true);
  expect(place).toEqual({ mode: "overwrite", at: 75, snapped: null });
  expect(placeEdit(part, place)).toEqual({ kind: "overwrite", part, at: 75 });
});

it("is appended behind the last clip and on an empty timeline", () => {
  expect(placeEdit(part, placeAt(clips, 950, view, 0, true))).toEqual({ kind: "append", part });
  expect(placeEdit(part, placeAt([], 400, view, 0, false))).toEqual({ kind: "append", part });
});

it("snaps to a marker", () => {
  const markers = [{ id: "m", at: 90, frames: 0, name: "", note: "", colour: "green" }];
  expect(placeAt(clips, 362, view, 0, false, markers)).toMatchObject({
    at: 90,
    snapped: { kind: "marker" },
  });
});

it("snaps to the playhead", () => {
  expect(placeAt(clips, 402, view, 102, false)).toMatchObject({
    at: 102,
    snapped: { kind: "playhead" },
  });
});
