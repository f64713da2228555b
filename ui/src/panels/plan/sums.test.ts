import { describe, expect, it } from "vitest";
import type { PlanView, SpanView } from "../../backend/generated";
import { countLine, digest, doneWord, encodedLine, jointOf, shortHash, sumsOf } from "./sums";

function span(kind: string, at: number, frames: number): SpanView {
  return { kind, at, frames, from: "", clipId: null, objects: 1, reason: "", bytes: 0, workMs: 0 };
}

function plan(...spans: SpanView[]): PlanView {
  const frames = spans.reduce((sum, { frames }) => sum + frames, 0);
  const copied = spans.filter(({ kind }) => kind === "copy");
  return {
    revision: 1,
    hash: "",
    frameRate: { numerator: 25, denominator: 1 },
    frames,
    spans,
    sound: "",
    copiedFrames: copied.reduce((sum, { frames }) => sum + frames, 0),
    bytes: 0,
    workMs: 0,
    codec: "H.264",
    mayRefuse: null,
    width: 2,
    height: 2,
    issues: [],
  };
}

const seconds = (frames: number) => `${(frames / 25).toFixed(2)} s`;

describe("sumsOf", () => {
  it("adds up per kind and leaves out rare kinds that do not occur", () => {
    const sums = sumsOf(plan(span("copy", 0, 10), span("encode", 10, 2), span("copy", 12, 5)));
    expect(sums).toEqual([
      { kind: "copy", frames: 15, spans: 2 },
      { kind: "encode", frames: 2, spans: 1 },
      { kind: "fill", frames: 0, spans: 0 },
    ]);
  });
  it("loses no frame, also of a kind it does not know", () => {
    const mixed = plan(span("copy", 0, 3), span("warp", 3, 4), span("compose", 7, 5));
    const sums = sumsOf(mixed);
    expect(sums.reduce((sum, { frames }) => sum + frames, 0)).toBe(mixed.frames);
    expect(sums.find(({ kind }) => kind === "encode")?.frames).toBe(5);
  });
});

describe("lines", () => {
  it("counts spans, joints and what is made anew", () => {
    const two = plan(span("copy", 0, 10), span("encode", 10, 18));
    expect(countLine(two)).toBe("2 spans, 1 joint");
    expect(encodedLine(two, seconds)).toBe("1 span re-encoded, 0.72 s");
    expect(encodedLine(plan(span("copy", 0, 1)), seconds)).toBe("Nothing is re-encoded");
    expect(countLine(plan())).toBe("0 spans, 0 joints");
  });
  it("shows hashes so that they can be compared", () => {
    expect(shortHash("b7e104c95af2ff")).toBe("b7e1 04c9 5af2");
    expect(digest(`9c41e7a033bd${"0".repeat(48)}61f8`)).toBe("9c41 e7a0 33bd … 61f8");
  });
  it("shows a kind it does not know under its own name", () => {
    expect(doneWord("warp")).toBe("warp");
    expect(doneWord("compose")).toBe(doneWord("encode"));
  });
});

describe("jointOf", () => {
  it("is the joint at the span's first frame", () => {
    const joint = { frame: 10, title: "copy → encode", ok: true, detail: "" };
    expect(jointOf(span("encode", 10, 2), [joint])).toBe(joint);
    expect(jointOf(span("copy", 0, 10), [joint])).toBeUndefined();
    expect(jointOf(span("copy", 0, 10), [{ ...joint, frame: null }])).toBeUndefined();
  });
});
