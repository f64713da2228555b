import { expect, it } from "vitest";
import { listed } from "./ClipList";
import { edgeSpeed } from "./edgeScroll";
import { clipsOf } from "./fixtures";
import { neighbour } from "./neighbour";
import { ABOVE_TRACKS, SCROLL, trackHeights } from "./rows";

const clips = clipsOf(50, 100, 30);

it("goes to the clip beside the selected ones and stops at the ends", () => {
  expect(neighbour(clips, ["c1"], 0, 1)).toBe(2);
  expect(neighbour(clips, ["c0", "c1"], 0, 1)).toBe(2);
  expect(neighbour(clips, ["c1", "c2"], 0, -1)).toBe(0);
  expect(neighbour(clips, ["c2"], 0, 1)).toBe(2);
});

it("begins at the clip under the playhead", () => {
  expect(neighbour(clips, [], 60, 1)).toBe(1);
  expect(neighbour(clips, [], 180, -1)).toBe(2);
  expect(neighbour([], [], 0, 1)).toBe(-1);
});

it("lists a part of a long sequence around the clip the keys are at", () => {
  expect(listed(4, 2)).toEqual({ from: 0, to: 4 });
  expect(listed(2000, 0)).toEqual({ from: 0, to: 100 });
  expect(listed(2000, 1000)).toEqual({ from: 950, to: 1050 });
  expect(listed(2000, 1999)).toEqual({ from: 1900, to: 2000 });
});

it("scrolls faster the further the pointer is beyond the edge", () => {
  expect(edgeSpeed(400, 800)).toBe(0);
  expect(edgeSpeed(-8, 800)).toBe(-2);
  expect(edgeSpeed(900, 800)).toBe(25);
  expect(edgeSpeed(9000, 800)).toBe(40);
});

it("gives the tracks the room there is, the picture most of it", () => {
  const room = (tracks: number) => trackHeights(ABOVE_TRACKS + SCROLL + tracks);
  expect(room(200)).toEqual({ video: 110, sound: 90 });
  expect(room(900)).toEqual({ video: 144, sound: 124 });
  expect(room(60)).toEqual({ video: 60, sound: 0 });
  expect(room(-50)).toEqual({ video: 44, sound: 0 });
});
