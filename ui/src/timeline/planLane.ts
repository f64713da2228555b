/** The cut plan as a lane: which spans are in sight, and what the plan says about a clip. */

import type { ClipView, PlanState, PlanView, SpanView } from "../backend/generated";
import { spanWord } from "../design/bits";
import { type Viewport, visibleSpan, widthOf, xOf } from "./geometry";

/** How a span is drawn; each look has its colour and its pattern. */
export type SpanLook = "copy" | "reencode" | "reference" | "slate";

/** A span, or a run of spans too narrow to tell apart, in pixels of the lane. */
export interface PlanItem {
  /** Of a run, the least welcome of its spans. */
  look: SpanLook;
  left: number;
  width: number;
  /** Index of the first span. */
  index: number;
  /** How many spans it stands for. */
  count: number;
  frames: number;
  /** Frames of it that are copied. */
  copied: number;
}

/** Spans narrower than this are drawn together with their neighbours. */
const NARROW_PX = 6;

/** The least that frames which are not copied take, so that they are never overlooked. */
const LEAST_PX = 6;

/** Of a run of spans the least welcome one is shown. */
const WEIGHT: Record<SpanLook, number> = { copy: 0, reference: 1, reencode: 2, slate: 3 };

/** How a kind of span is drawn. */
export function spanLook(kind: string): SpanLook {
  const { tone } = spanWord(kind);
  return tone === "copy" || tone === "reencode" || tone === "reference" ? tone : "slate";
}

/** The plan, when it is known and belongs to this revision of the sequence. */
export function currentPlan(plan: PlanState, revision: number): PlanView | null {
  return plan.kind === "ready" && plan.plan.revision === revision ? plan.plan : null;
}

/** The spans in sight, those too narrow to tell apart as one. */
export function planItems(spans: readonly SpanView[], view: Viewport): PlanItem[] {
  const { from, to } = visibleSpan(view);
  const items: PlanItem[] = [];
  for (let index = firstSpanBehind(spans, from); index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined || span.at >= to) break;
    const look = spanLook(span.kind);
    const width = widthOf(span.frames, view);
    const last = items.at(-1);
    if (last !== undefined && width < NARROW_PX && last.width < NARROW_PX) {
      last.width += width;
      last.count += 1;
      last.frames += span.frames;
      last.copied += look === "copy" ? span.frames : 0;
      if (WEIGHT[look] > WEIGHT[last.look]) last.look = look;
    } else {
      const { at, frames } = span;
      const copied = look === "copy" ? frames : 0;
      items.push({ look, left: xOf(at, view), width, index, count: 1, frames, copied });
    }
  }
  for (const item of items) {
    if (item.copied === 0) item.width = Math.max(item.width, LEAST_PX);
  }
  return items;
}

/** What the plan does with a stretch of a clip, in frames counted from the clip's first. */
export interface ClipStretch {
  look: SpanLook;
  from: number;
  frames: number;
}

/** The stretches of a clip that are not taken as they are. */
export function clipStretches(plan: PlanView | null, clip: ClipView): ClipStretch[] {
  if (plan === null) return [];
  const stretches: ClipStretch[] = [];
  const end = clip.at + clip.frames;
  for (let i = firstSpanBehind(plan.spans, clip.at); i < plan.spans.length; i += 1) {
    const span = plan.spans[i];
    if (span === undefined || span.at >= end) break;
    const look = spanLook(span.kind);
    if (look === "copy") continue;
    const from = Math.max(span.at, clip.at);
    const to = Math.min(span.at + span.frames, end);
    stretches.push({ look, from: from - clip.at, frames: to - from });
  }
  return stretches;
}

/** What the plan does with a clip, in words: `copied`, `18 frames re-encoded, then copied`. */
export function clipPlanWords(plan: PlanView | null, clip: ClipView): string {
  if (clip.problem !== null) return clip.problem.title;
  if (plan === null) return "not planned yet";
  const stretches = clipStretches(plan, clip);
  if (stretches.length === 0) return "copied";
  const total = stretches.reduce((sum, stretch) => sum + stretch.frames, 0);
  if (total >= clip.frames) {
    return stretches.every((s) => s.look === "slate") ? "slate" : "re-encoded";
  }
  return `${total} of ${clip.frames} frames re-encoded, the rest copied`;
}

/** Index of the first span whose end lies behind a frame. */
function firstSpanBehind(spans: readonly SpanView[], frame: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (span !== undefined && span.at + span.frames <= frame) low = middle + 1;
    else high = middle;
  }
  return low;
}
