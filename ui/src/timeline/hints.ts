/** What the timeline says in words: the cost of a trim, a clip in the list for screen readers. */

import type { ClipView, FlowSegments, PlanView, Rate, SpanView } from "../backend/generated";
import { spanWord } from "../design/bits";
import { framesToMs, secondsAndFrames, timecode } from "../time/timecode";
import { count } from "../time/words";
import type { Trim } from "./drag";
import { clipPlanWords, type SpanLook } from "./planLane";
import { isRetimed } from "./rates";
import { brokenGopFrames, nearestLossless } from "./snapping";

/** One line of the hint beside a trimmed end. */
export interface HintLine {
  look: SpanLook | null;
  strong: string;
  rest: string;
}

/**
 * What a trim moves and costs, and the nearest cut that costs nothing, in frames of the flow. `rate`
 * is the sequence's.
 */
export function trimHint(trim: Trim, flow: FlowSegments | null, rate: Rate | null): HintLine[] {
  const { clip, side, first, frames } = trim;
  const end = first + frames;
  const moved =
    side === "head" ? first - clip.sourceFirst : end - clip.sourceFirst - clip.sourceFrames;
  const strong = `Trim ${side === "head" ? "start" : "end"} ${signed(moved)} f`;
  if (isRetimed(clip, rate)) {
    return [{ look: "reencode", strong, rest: "all re-encoded, its frame rate is another one" }];
  }
  if (flow === null) return [{ look: null, strong, rest: "key frames not read yet" }];
  const cost = brokenGopFrames(flow, first, end)[side];
  if (cost === 0) return [{ look: "copy", strong, rest: "everything copied" }];
  const lines: HintLine[] = [
    { look: "reencode", strong, rest: `re-encodes ${seconds(cost, rate)}` },
  ];
  const edge = side === "head" ? first : end;
  const [low, high] = side === "head" ? [0, end - 1] : [first + 1, flow.frames];
  const cut = nearestLossless(flow, edge, low, high);
  if (cut !== null) {
    const place = cut === flow.frames ? "The flow's end" : "Key frame";
    const rest = `at ${signed(cut - edge)} f copies everything`;
    lines.push({ look: "copy", strong: "", rest: `${place} ${rest}` });
  }
  return lines;
}

/** What of a clip is worth a word: the plan's doing, and that it is cut from a preview flow. */
export function clipNews(plan: PlanView | null, clip: ClipView): string {
  const words = clipPlanWords(plan, clip);
  return clip.preview ? `${words}, cut from the preview flow` : words;
}

/** `Gallery · visitors, video 1, from 10:00:48:10, 35 s 17 f, copied`. */
export function clipWords(
  clip: ClipView,
  rate: Rate | null,
  startFrame: number,
  plan: PlanView | null,
): string {
  const from = timecode(startFrame + clip.at, rate);
  const length = secondsAndFrames(clip.frames, rate);
  return `${clip.title}, video 1, from ${from}, ${length}, ${clipNews(plan, clip)}`;
}

/** `Re-encode: Forecourt · overhead, 18 frames, the in point breaks its GOP`. */
export function spanWords(span: SpanView): string {
  const frames = count(span.frames, "frame");
  return `${spanWord(span.kind).word}: ${span.from}, ${frames}, ${span.reason}`;
}

/** Frames as seconds with two places: `0.72 s`. */
export function seconds(frames: number, rate: Rate | null): string {
  return `${(framesToMs(frames, rate) / 1000).toFixed(2)} s`;
}

/** `+18`, `−18`, `0`; with a true minus. */
export function signed(frames: number): string {
  if (frames === 0) return "0";
  return frames > 0 ? `+${frames}` : `−${-frames}`;
}

/** How long a clip is, as `MM:SS:FF`; hours only when there are some. */
export function clipLength(frames: number, rate: Rate | null): string {
  const text = timecode(frames, rate);
  return text.startsWith("00:") ? text.slice(3) : text;
}
