/** What the cut plan does to one clip. */

import type { ClipView, PlanView } from "../../backend/generated";

/** Frames of a clip by kind of span, in the plan's order. */
export interface ClipShare {
  readonly kind: string;
  readonly frames: number;
}

/** Empty when the plan is of another revision's clips, so that nothing of it is in the clip. */
export function clipShare(clip: ClipView, plan: PlanView): ClipShare[] {
  const end = clip.at + clip.frames;
  const shares: ClipShare[] = [];
  for (const span of plan.spans) {
    const frames = Math.min(end, span.at + span.frames) - Math.max(clip.at, span.at);
    if (frames <= 0) continue;
    const last = shares.at(-1);
    if (last?.kind === span.kind) {
      shares[shares.length - 1] = { kind: span.kind, frames: last.frames + frames };
    } else shares.push({ kind: span.kind, frames });
  }
  return shares;
}

/** `Copied, 590 frames`; `18 frames, then copied`; `re-encoded and copied`. */
export function shareWords(shares: readonly ClipShare[], done: (kind: string) => string): string {
  const [first, second, ...rest] = shares;
  if (!first) return "—";
  if (!second) return `${done(first.kind)}, ${frameWords(first.frames)}`;
  if (rest.length === 0) {
    return `${frameWords(first.frames)} ${done(first.kind).toLowerCase()}, then ${done(second.kind).toLowerCase()}`;
  }
  const copied = shares.reduce((sum, { kind, frames }) => sum + (kind === "copy" ? frames : 0), 0);
  const whole = shares.reduce((sum, { frames }) => sum + frames, 0);
  return `${frameWords(copied)} of ${whole} copied`;
}

function frameWords(frames: number): string {
  return frames === 1 ? "1 frame" : `${frames} frames`;
}
