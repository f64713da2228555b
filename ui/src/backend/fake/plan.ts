/** The cut plan of the fake: a clip that starts on a key frame is copied, else its head is encoded. */

import { isRetimed } from "../../timeline/rates";
import type { PlanView, SequenceView, SpanView } from "../generated";
import type { FakeFlow } from "./footage";

const BYTES_A_FRAME = 40_000;

export function planOf(sequence: SequenceView, flows: ReadonlyMap<string, FakeFlow>): PlanView {
  const spans = sequence.clips.flatMap((clip): SpanView[] => {
    const { frames, at, sourceFirst } = clip;
    const keys = flows.get(clip.flowId)?.segments.keyFrames ?? [];
    const span = (kind: string, from: number, count: number, reason: string): SpanView => ({
      kind,
      at: from,
      frames: count,
      from: clip.title,
      clipId: clip.id,
      objects: Math.max(1, Math.ceil(count / 250)),
      reason,
      bytes: kind === "fill" ? 0 : count * BYTES_A_FRAME,
      workMs: kind === "copy" ? Math.ceil(count / 50) : count * 12,
    });
    if (clip.problem) return [span("fill", at, frames, "Its media is not here")];
    if (isRetimed(clip, sequence.frameRate)) {
      return [span("compose", at, frames, "its frame rate differs from the sequence's")];
    }
    const key = keys.find((one) => one >= sourceFirst) ?? Number.POSITIVE_INFINITY;
    const head = Math.min(frames, key - sourceFirst);
    if (head === 0) return [span("copy", at, frames, "Starts on a key frame")];
    const before = `Starts ${head} frames before a key frame`;
    if (head === frames) return [span("encode", at, frames, "Has no key frame")];
    return [
      span("encode", at, head, before),
      span("copy", at + head, frames - head, "Same codec configuration"),
    ];
  });
  const sum = (of: (span: SpanView) => number) => spans.reduce((all, span) => all + of(span), 0);
  return {
    revision: sequence.revision,
    hash: hashOf(
      JSON.stringify(
        sequence.clips.map((c) => [c.flowId, c.sourceFirst, c.frames, c.head, c.tail]),
      ),
    ),
    frameRate: sequence.frameRate,
    frames: sequence.frames,
    spans,
    sound: "copied as it is",
    copiedFrames: sum((span) => (span.kind === "copy" ? span.frames : 0)),
    bytes: sum((span) => span.bytes),
    workMs: sum((span) => span.workMs),
    codec: "H.264",
    mayRefuse:
      "televisions and set-top boxes may show no more than what has the first of its two parameter sets",
    width: 1920,
    height: 1080,
    issues: [],
  };
}

/** 64 hex digits that depend on a text. */
export function hashOf(text: string): string {
  let out = "";
  for (let round = 0; out.length < 64; round += 1) {
    let hash = 0x811c9dc5 ^ round;
    for (let i = 0; i < text.length; i += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    out += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return out;
}
