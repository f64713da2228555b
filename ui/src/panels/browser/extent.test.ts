import { describe, expect, it } from "vitest";
import type { FlowSegments } from "../../backend/generated";
import { placeOf, sharePercent, stretchesOf } from "./extent";

function segment(firstFrame: number, timerange: string, here = true) {
  return { objectId: `o${firstFrame}`, timerange, firstFrame, frames: 50, bytes: null, here };
}

const flow: FlowSegments = {
  flowId: "f",
  frames: 150,
  frameRate: { numerator: 25, denominator: 1 },
  segments: [
    segment(0, "[100:0_102:0)"),
    segment(50, "[102:0_104:0)"),
    segment(100, "[108:0_110:0)", false),
  ],
  keyFrames: [0, 50, 100],
  gaps: [{ afterFrame: 99, timerange: "[104:0_108:0)" }],
};

describe("stretchesOf", () => {
  it("joins neighbours of one kind and keeps gaps apart", () => {
    expect(stretchesOf(flow)).toEqual([
      { kind: "here", from: 0, to: 0.4, timerange: "[100:0_104:0)" },
      { kind: "gap", from: 0.4, to: 0.8, timerange: "[104:0_108:0)" },
      { kind: "away", from: 0.8, to: 1, timerange: "[108:0_110:0)" },
    ]);
  });
  it("is empty without segments, and leaves out what it can't read", () => {
    expect(stretchesOf({ ...flow, segments: [], gaps: [] })).toEqual([]);
    expect(stretchesOf({ ...flow, segments: [segment(0, "later")], gaps: [] })).toEqual([]);
  });
});

describe("placeOf", () => {
  it("counts the gap before a frame behind it", () => {
    expect(placeOf(flow, 0)).toBe(0);
    expect(placeOf(flow, 25)).toBe(0.1);
    expect(placeOf(flow, 99)).toBe(0.396);
    expect(placeOf(flow, 100)).toBe(0.8);
    expect(placeOf(flow, 150)).toBe(1);
    expect(placeOf(flow, 151)).toBeNull();
  });
});

describe("sharePercent", () => {
  it("rounds down, so that a missing frame is never 100 %", () => {
    expect(sharePercent(flow)).toBe(66);
    expect(sharePercent({ ...flow, segments: [] })).toBeNull();
  });
});
