/** How far work is: shares, time left, rates. Only from what was counted. */

import type { ProgressView } from "../../backend/generated";

/** Whole percent, rounded down; `null` when the whole is not known. */
export function percent(progress: ProgressView | null): number | null {
  if (!progress || progress.total <= 0) return null;
  return Math.min(100, Math.floor((Math.max(0, progress.done) * 100) / progress.total));
}

/**
 * Milliseconds that are left when it goes on as it went; `null` before a fiftieth is done or a
 * second has passed, because a guess from less is wrong by more than it tells.
 */
export function leftMs(progress: ProgressView | null, elapsedMs: number): number | null {
  if (!progress || progress.total <= 0 || progress.done <= 0 || elapsedMs < 1000) return null;
  if (progress.done * 50 < progress.total) return null;
  const left = Math.max(0, progress.total - progress.done);
  return Math.round((elapsedMs * left) / progress.done);
}

/** Bytes a second; `null` before there are any. */
export function byteRate(progress: ProgressView | null, elapsedMs: number): number | null {
  if (!progress || progress.bytes <= 0 || elapsedMs <= 0) return null;
  return Math.round((progress.bytes * 1000) / elapsedMs);
}

/** Where a span stands while the frames of the output are made in order. */
export function spanProgress(
  span: { readonly at: number; readonly frames: number },
  framesDone: number,
): { readonly kind: "done" | "waiting" } | { readonly kind: "running"; readonly percent: number } {
  if (framesDone >= span.at + span.frames) return { kind: "done" };
  if (framesDone <= span.at) return { kind: "waiting" };
  return { kind: "running", percent: Math.floor(((framesDone - span.at) * 100) / span.frames) };
}
