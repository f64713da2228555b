/** Dissolves and fades: on which cuts they lie, which cut is meant, where they are drawn. Pure. */

import type { ClipEdge, ClipView, TransitionView } from "../backend/generated";
import { count } from "../time/words";
import { firstEndingBehind, type Viewport, visibleSpan, widthOf, xOf } from "./geometry";

/** Narrower ones are not drawn. */
const LEAST_PX = 3;

/** The boundary at an edge of a clip. */
export interface Cut {
  clip: string;
  edge: ClipEdge;
  /** Its sequence frame: the first behind it. */
  at: number;
  /** There is a clip on either side. */
  between: boolean;
  transition: TransitionView | null;
}

/** The cut at an edge of the clip with this index. */
export function cutAt(clips: readonly ClipView[], index: number, edge: ClipEdge): Cut | null {
  const clip = clips[index];
  if (clip === undefined) return null;
  if (edge === "in") {
    const out = clips[index - 1];
    const between = out !== undefined && out.at + out.frames === clip.at;
    return { clip: clip.id, edge, at: clip.at, between, transition: clip.head };
  }
  const into = clips[index + 1];
  const at = clip.at + clip.frames;
  // A dissolve belongs to the clip it leads to.
  if (into !== undefined && into.at === at) return cutAt(clips, index + 1, "in");
  return { clip: clip.id, edge, at, between: false, transition: clip.tail };
}

/** Every cut once, in order, with the first and the last edge. */
export function cutsOf(clips: readonly ClipView[]): Cut[] {
  return clips.flatMap((clip, index) => {
    const begins = cutAt(clips, index, "in");
    const ends = cutAt(clips, index, "out");
    return [begins, ends].filter((cut): cut is Cut => cut !== null && cut.clip === clip.id);
  });
}

/**
 * The cut that is meant: the edge of the selected clips nearest to the playhead. Where none is
 * selected, the nearest cut between two clips or with a fade; a single clip has only its edges.
 */
export function meantCut(
  clips: readonly ClipView[],
  selected: readonly string[],
  playhead: number,
): Cut | null {
  const chosen = new Set(selected);
  const edges = clips.flatMap((clip, index) =>
    chosen.has(clip.id) ? [cutAt(clips, index, "in"), cutAt(clips, index, "out")] : [],
  );
  const found = edges.filter((cut): cut is Cut => cut !== null);
  if (found.length > 0) return nearest(found, playhead);
  const all = cutsOf(clips);
  return (
    nearest(
      all.filter((cut) => cut.between || cut.transition !== null),
      playhead,
    ) ?? nearest(all, playhead)
  );
}

function nearest(cuts: readonly Cut[], frame: number): Cut | null {
  let best: Cut | null = null;
  for (const cut of cuts) {
    if (best === null || Math.abs(cut.at - frame) < Math.abs(best.at - frame)) best = cut;
  }
  return best;
}

/** Frames of a transition on both sides of its cut. */
export function transitionFrames({ before, behind }: TransitionView): number {
  return before + behind;
}

/** `Dissolve`, `Fade in`, `Fade out`. */
export function transitionName({ between, edge }: Cut): string {
  return between ? "Dissolve" : `Fade ${edge}`;
}

/** `Dissolve, 24 frames`; empty where there is none. */
export function transitionWords(cut: Cut): string {
  if (cut.transition === null) return "";
  return `${transitionName(cut)}, ${count(transitionFrames(cut.transition), "frame")}`;
}

/** What the edges of a clip add to its words: `, dissolve in, 24 frames, fade out, 12 frames`. */
export function edgeWords(clips: readonly ClipView[], index: number): string {
  return (["in", "out"] as const)
    .map((edge) => {
      const cut = cutAt(clips, index, edge);
      if (cut === null || cut.transition === null) return "";
      const name = cut.between ? "dissolve" : "fade";
      return `, ${name} ${edge}, ${count(transitionFrames(cut.transition), "frame")}`;
    })
    .join("");
}

/** So many frames around a cut: a dissolve in its middle, a fade on the side of its clip. */
export function lengthened({ between, edge }: Cut, frames: number): TransitionView {
  const half = Math.floor(frames / 2);
  if (between) return { before: half, behind: frames - half };
  return edge === "in" ? { before: 0, behind: frames } : { before: frames, behind: 0 };
}

/** A transition as it is drawn. */
export interface TransitionBox {
  cut: Cut;
  left: number;
  width: number;
}

/** Those in sight that are wide enough to be seen. */
export function transitionBoxes(clips: readonly ClipView[], view: Viewport): TransitionBox[] {
  const { from, to } = visibleSpan(view);
  const boxes: TransitionBox[] = [];
  // One on a cut just outside of what is seen can reach into it.
  const first = Math.max(0, firstEndingBehind(clips, from) - 1);
  for (let index = first; index < clips.length; index += 1) {
    const clip = clips[index];
    const before = clips[index - 1];
    if (clip === undefined || (before !== undefined && before.at >= to)) break;
    for (const edge of ["in", "out"] as const) {
      const cut = cutAt(clips, index, edge);
      if (cut === null || cut.clip !== clip.id || cut.transition === null) continue;
      const left = xOf(cut.at - cut.transition.before, view);
      const width = widthOf(transitionFrames(cut.transition), view);
      if (width >= LEAST_PX && left < view.width && left + width > 0) {
        boxes.push({ cut, left, width });
      }
    }
  }
  return boxes;
}
