import { describe, expect, it } from "vitest";
import { clipsOf } from "./fixtures";
import {
  clipIndexAt,
  clipsWithin,
  edgeAt,
  frameAt,
  hitClip,
  jointAt,
  jointFrame,
  laneItems,
  type Viewport,
  visibleSpan,
  xOf,
} from "./geometry";

const view: Viewport = { width: 800, pxPerFrame: 2, firstFrame: 0 };
const NONE: ReadonlySet<string> = new Set();

describe("frames and pixels", () => {
  it("gives back the frame whose left edge a pixel is, at any zoom and scroll", () => {
    for (const pxPerFrame of [0.013, 0.514, 1 / 3, 1, 7.3, 32]) {
      for (const firstFrame of [0, 17, 1000.25]) {
        const scrolled = { width: 800, pxPerFrame, firstFrame };
        for (const frame of [1001, 1500, 123_456]) {
          expect(frameAt(xOf(frame, scrolled), scrolled)).toBe(frame);
          expect(edgeAt(xOf(frame, scrolled), scrolled)).toBe(frame);
        }
      }
    }
  });

  it("sees a frame that is only partly in sight", () => {
    expect(visibleSpan({ width: 10, pxPerFrame: 4, firstFrame: 2.5 })).toEqual({ from: 2, to: 5 });
  });
});

describe("clips under the pointer", () => {
  const clips = clipsOf(50, 100, 30);

  it("finds the clip that holds a frame and none behind the last", () => {
    expect([0, 49, 50, 149, 150, 179].map((f) => clipIndexAt(clips, f))).toEqual([
      0, 0, 1, 1, 2, 2,
    ]);
    expect(clipIndexAt(clips, 180)).toBe(-1);
    expect(clipIndexAt(clips, -1)).toBe(-1);
    expect(clipIndexAt([], 0)).toBe(-1);
  });

  it("tells the ends of a clip from its body", () => {
    expect(hitClip(clips, 100, view)).toMatchObject({ index: 1, zone: "head" });
    expect(hitClip(clips, 99, view)).toMatchObject({ index: 0, zone: "tail" });
    expect(hitClip(clips, 200, view)).toMatchObject({ index: 1, zone: "body" });
    expect(hitClip(clips, 363, view)).toMatchObject({ index: 2, zone: "tail" });
    expect(hitClip(clips, 380, view)).toBeNull();
  });

  it("leaves a body between the handles of a narrow clip", () => {
    const narrow = clipsOf(6);
    const zones = [0, 6, 11].map((x) => hitClip(narrow, x, view)?.zone);
    expect(zones).toEqual(["head", "body", "tail"]);
  });

  it("collects the clips that a range of pixels touches, drawn in either direction", () => {
    expect(clipsWithin(clips, 98, 102, view)).toEqual(["c0", "c1"]);
    expect(clipsWithin(clips, 310, 120, view)).toEqual(["c1", "c2"]);
    expect(clipsWithin(clips, 400, 700, view)).toEqual([]);
  });
});

describe("joints", () => {
  const clips = clipsOf(50, 100, 30);

  it("takes the nearer end of the clip under the pointer", () => {
    expect(jointAt(clips, 10)).toBe(0);
    expect(jointAt(clips, 40)).toBe(1);
    expect(jointAt(clips, 999)).toBe(3);
    expect(jointFrame(clips, 1)).toBe(50);
    expect(jointFrame(clips, 3)).toBe(180);
    expect(jointFrame([], 0)).toBe(0);
  });
});

describe("what a lane draws", () => {
  it("draws only the clips in sight", () => {
    const clips = clipsOf(...Array<number>(2000).fill(50));
    const items = laneItems(clips, { width: 800, pxPerFrame: 2, firstFrame: 5000 }, NONE);
    expect(items.map((item) => item.index)).toEqual([100, 101, 102, 103, 104, 105, 106, 107]);
  });

  it("draws runs of clips too narrow to tell apart, never more than there is room for", () => {
    const clips = clipsOf(...Array<number>(2000).fill(50));
    const items = laneItems(clips, { width: 800, pxPerFrame: 0.008, firstFrame: 0 }, NONE);
    expect(items.length).toBeLessThanOrEqual(200);
    const counted = items.reduce((sum, item) => sum + (item.kind === "crowd" ? item.count : 1), 0);
    expect(counted).toBe(2000);
  });

  it("shows a run as selected when one of its clips is", () => {
    const clips = clipsOf(1, 1, 900);
    const items = laneItems(clips, { width: 800, pxPerFrame: 1, firstFrame: 0 }, new Set(["c1"]));
    expect(items).toMatchObject([
      { kind: "crowd", count: 2, selected: true },
      { kind: "clip", index: 2 },
    ]);
  });
});
