import { describe, expect, it } from "vitest";
import type { ClipView, PlanView, SpanView } from "../../backend/generated";
import { doneWord } from "../plan/sums";
import { clipShare, shareWords } from "./share";

function span(kind: string, at: number, frames: number): SpanView {
  return { kind, at, frames, from: "", clipId: null, objects: 1, reason: "", bytes: 0, workMs: 0 };
}

const clip: ClipView = {
  id: "c",
  title: "",
  flowId: "f",
  sourceId: "s",
  at: 100,
  frames: 50,
  sourceFirst: 7,
  sourceFrames: 50,
  sourceFrameRate: null,
  timerange: "",
  sound: true,
  head: null,
  tail: null,
  preview: false,
  problem: null,
};

function plan(...spans: SpanView[]): PlanView {
  return {
    revision: 1,
    hash: "",
    frameRate: null,
    frames: 0,
    spans,
    sound: "",
    copiedFrames: 0,
    bytes: 0,
    workMs: 0,
    codec: "H.264",
    mayRefuse: null,
    width: 2,
    height: 2,
    issues: [],
  };
}

const words = (...spans: SpanView[]) => shareWords(clipShare(clip, plan(...spans)), doneWord);

describe("clipShare", () => {
  it("counts only the clip's own frames", () => {
    const shares = clipShare(
      clip,
      plan(span("copy", 0, 110), span("encode", 110, 20), span("copy", 130, 500)),
    );
    expect(shares).toEqual([
      { kind: "copy", frames: 10 },
      { kind: "encode", frames: 20 },
      { kind: "copy", frames: 20 },
    ]);
  });
  it("joins neighbours of one kind and is empty outside", () => {
    expect(clipShare(clip, plan(span("copy", 90, 30), span("copy", 120, 40)))).toEqual([
      { kind: "copy", frames: 50 },
    ]);
    expect(clipShare(clip, plan(span("copy", 0, 100)))).toEqual([]);
  });
});

describe("shareWords", () => {
  it("says it shortly", () => {
    expect(words(span("copy", 100, 50))).toBe("Copied, 50 frames");
    expect(words(span("encode", 100, 1), span("copy", 101, 60))).toBe(
      "1 frame re-encoded, then copied",
    );
    expect(words(span("encode", 100, 5), span("copy", 105, 40), span("encode", 145, 9))).toBe(
      "40 frames of 50 copied",
    );
    expect(words()).toBe("—");
  });
});
