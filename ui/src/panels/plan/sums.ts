/** What a plan's spans come to, and the words for them. */

import type { JointView, PlanView, SpanView } from "../../backend/generated";
import type { CompileMode } from "../../state/view";

/** What happened to frames of a span of that kind, in a word. */
export function doneWord(kind: string): string {
  switch (kind) {
    case "copy":
      return "Copied";
    case "encode":
    case "compose":
      return "Re-encoded";
    case "reference":
      return "Referenced";
    case "fill":
      return "Slate";
    default:
      return kind;
  }
}

/** One line of the sums. */
export interface Sum {
  readonly kind: string;
  readonly frames: number;
  readonly spans: number;
}

/** Copied, re-encoded and slate always; other kinds where there are any. Composed is re-encoded. */
export function sumsOf(plan: PlanView): Sum[] {
  const sums = new Map<string, Sum>(
    ["copy", "encode", "fill"].map((kind) => [kind, { kind, frames: 0, spans: 0 }]),
  );
  for (const span of plan.spans) {
    const kind = span.kind === "compose" ? "encode" : span.kind;
    const before = sums.get(kind) ?? { kind, frames: 0, spans: 0 };
    sums.set(kind, { kind, frames: before.frames + span.frames, spans: before.spans + 1 });
  }
  return [...sums.values()];
}

/** What is made anew, in a line: `2 spans re-encoded, 1.40 s`. */
export function encodedLine(plan: PlanView, seconds: (frames: number) => string): string {
  const made = plan.spans.filter(({ kind }) => kind === "encode" || kind === "compose");
  if (made.length === 0) return "Nothing is re-encoded";
  const frames = made.reduce((sum, span) => sum + span.frames, 0);
  return `${made.length} ${made.length === 1 ? "span" : "spans"} re-encoded, ${seconds(frames)}`;
}

/** `7 spans, 6 joints`. */
export function countLine(plan: PlanView): string {
  const spans = plan.spans.length;
  const joints = Math.max(0, spans - 1);
  return `${spans} ${spans === 1 ? "span" : "spans"}, ${joints} ${joints === 1 ? "joint" : "joints"}`;
}

/** The joint at which a span begins, in a verified file; spans of nothing have none. */
export function jointOf(span: SpanView, joints: readonly JointView[]): JointView | undefined {
  return joints.find(({ frame }) => frame === span.at);
}

/** A hash in groups of four, cut to what tells two apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12).replace(/(.{4})(?=.)/g, "$1 ");
}

/** `9c41 e7a0 33bd … 61f8`. */
export function digest(sha256: string): string {
  return sha256.length > 16 ? `${shortHash(sha256)} … ${sha256.slice(-4)}` : sha256;
}

/** How the output may be made: value of the command, name, and what it means. */
export const MODES: readonly {
  readonly id: CompileMode;
  readonly title: string;
  readonly means: string;
}[] = [
  {
    id: "auto",
    title: "Auto",
    means: "Copies GOPs as far as they are kept, re-encodes only what a cut breaks.",
  },
  { id: "copy", title: "Copy", means: "Copies everything, or stops and says where it can't." },
  {
    id: "smart",
    title: "Smart",
    means: "As Auto, but never re-encodes a whole clip: it stops instead.",
  },
  { id: "render", title: "Render", means: "Re-encodes everything. Slow, and no byte is kept." },
];
