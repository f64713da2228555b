import { describe, expect, it } from "vitest";
import { clipsOf, flowOf } from "./fixtures";
import { newMarker } from "./markers";
import {
  brokenGopFrames,
  clipEdges,
  clipKeyFrames,
  losslessCuts,
  markerPoints,
  nearestLossless,
  type SnapPoint,
  snap,
} from "./snapping";

const PAL = { numerator: 25, denominator: 1 };

describe("snap", () => {
  const points: SnapPoint[] = [
    { frame: 100, kind: "clip edge" },
    { frame: 110, kind: "playhead" },
  ];

  it("takes the nearest within 8 pixels and says what it is", () => {
    expect(snap(103, points, 2)).toEqual({ frame: 100, kind: "clip edge" });
    expect(snap(107, points, 2)).toEqual({ frame: 110, kind: "playhead" });
  });

  it("takes nothing further away", () => {
    expect(snap(104.1, points, 2)).toBeNull();
    expect(snap(104.1, points, 1)).not.toBeNull();
  });

  it("prefers a lossless cut among places of equal distance, in any order", () => {
    const cut: SnapPoint = { frame: 100, kind: "lossless cut" };
    expect(snap(101, [...points, cut], 2)).toBe(cut);
    expect(snap(101, [cut, ...points], 2)).toBe(cut);
  });
});

describe("places", () => {
  const clips = clipsOf(50, 100, 30);

  it("are each edge of the clips within a range, once", () => {
    expect(clipEdges(clips, { from: 0, to: 1000 }).map((p) => p.frame)).toEqual([0, 50, 150, 180]);
    expect(clipEdges(clips, { from: 60, to: 160 }).map((p) => p.frame)).toEqual([50, 150, 180]);
    expect(clipEdges([], { from: 0, to: 10 })).toEqual([]);
  });

  it("are the key frames of each clip's own part of its flow", () => {
    const segments = { flow: flowOf() };
    // Every clip begins at frame 100 of its flow, which is a key frame.
    expect(clipKeyFrames(clips, PAL, segments, { from: 0, to: 1000 })).toEqual([
      0, 25, 50, 75, 100, 125, 150, 175,
    ]);
    expect(clipKeyFrames(clips, PAL, segments, { from: 60, to: 130 })).toEqual([75, 100, 125]);
    expect(clipKeyFrames(clips, PAL, {}, { from: 0, to: 1000 })).toEqual([]);
  });

  it("are where key frames of a clip of another rate are shown first", () => {
    // From frame 100 on a key frame every 0.5 s, where 12.5 frames of the sequence are.
    const [clip] = clipsOf(30);
    if (clip === undefined) throw new Error("no clip");
    const fast = { ...clip, sourceFrames: 60, sourceFrameRate: { numerator: 50, denominator: 1 } };
    const within = { from: 0, to: 1000 };
    expect(clipKeyFrames([fast], PAL, { flow: flowOf() }, within)).toEqual([0, 13, 25]);
    expect(clipKeyFrames([fast], null, { flow: flowOf() }, within)).toEqual([0, 25]);
  });

  it("are the key frames and the end of a flow, where a cut breaks no GOP", () => {
    expect(losslessCuts(flowOf(60)).map((p) => p.frame)).toEqual([0, 25, 50, 60]);
    expect(nearestLossless(flowOf(60), 30, 0, 60)).toBe(25);
    expect(nearestLossless(flowOf(60), 58, 0, 60)).toBe(60);
    expect(nearestLossless(flowOf(60), 30, 26, 49)).toBeNull();
  });
});

describe("the cost of a cut", () => {
  const flow = flowOf(100);

  it("is nothing on key frames and at the flow's end", () => {
    expect(brokenGopFrames(flow, 25, 75)).toEqual({ head: 0, tail: 0 });
    expect(brokenGopFrames(flow, 0, 100)).toEqual({ head: 0, tail: 0 });
  });

  it("is the rest of the GOP at the head, its beginning at the tail", () => {
    expect(brokenGopFrames(flow, 7, 75)).toEqual({ head: 18, tail: 0 });
    expect(brokenGopFrames(flow, 25, 80)).toEqual({ head: 0, tail: 5 });
  });

  it("is the whole clip when both ends lie in one GOP", () => {
    expect(brokenGopFrames(flow, 26, 40)).toEqual({ head: 14, tail: 0 });
    expect(brokenGopFrames(flow, 30, 50)).toEqual({ head: 20, tail: 0 });
  });
});

it("has both ends of the markers in a range", () => {
  const markers = [newMarker(5), { ...newMarker(10), frames: 20 }, newMarker(40)];
  expect(markerPoints(markers, { from: 6, to: 40 }).map(({ frame }) => frame)).toEqual([
    10, 30, 40,
  ]);
});
