/** Clips, flows and plans for the tests of the timeline. */

import type { ClipView, FlowSegments, PlanView, SpanView } from "../backend/generated";

/** Clips of the given lengths, one behind the other, all cut from frame 100 of one flow. */
export function clipsOf(...lengths: number[]): ClipView[] {
  let at = 0;
  return lengths.map((frames, index) => {
    const clip: ClipView = {
      id: `c${index}`,
      title: `Clip ${index}`,
      flowId: "flow",
      sourceId: "source",
      at,
      frames,
      sourceFirst: 100,
      sourceFrames: frames,
      sourceFrameRate: { numerator: 25, denominator: 1 },
      timerange: "[0:0_10:0)",
      sound: true,
      head: null,
      tail: null,
      preview: false,
      problem: null,
    };
    at += frames;
    return clip;
  });
}

/** A flow with a key frame every 25 frames. */
export function flowOf(frames = 500): FlowSegments {
  return {
    flowId: "flow",
    frames,
    frameRate: { numerator: 25, denominator: 1 },
    segments: [],
    keyFrames: Array.from({ length: Math.ceil(frames / 25) }, (_, i) => i * 25),
    gaps: [],
  };
}

/** A span of a plan. */
export function spanOf(kind: string, at: number, frames: number): SpanView {
  return {
    kind,
    at,
    frames,
    from: "Clip 0",
    clipId: "c0",
    objects: 1,
    reason: "whole GOPs",
    bytes: 0,
    workMs: 0,
  };
}

/** A plan of spans. */
export function planOf(spans: SpanView[], revision = 1): PlanView {
  const frames = spans.reduce((sum, span) => sum + span.frames, 0);
  return {
    revision,
    hash: "00",
    frameRate: { numerator: 25, denominator: 1 },
    frames,
    spans,
    sound: "copied as it is",
    copiedFrames: frames,
    bytes: 0,
    workMs: 0,
    codec: "H.264",
    mayRefuse: null,
    width: 1280,
    height: 720,
    issues: [],
  };
}
