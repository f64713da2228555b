/** Dissolves and fades of the fake: what fits on a cut, and what is left of them after an edit. */

import type { ClipEdge, TransitionView } from "../generated";

/** A clip as far as transitions look at it; lengths are in frames of the sequence. */
export interface Joined {
  readonly frames: number;
  /** Frames its flow has in front of it. */
  readonly inFront: number;
  /** Frames its flow has behind it. */
  readonly behind: number;
  readonly head: TransitionView | null;
  readonly tail: TransitionView | null;
}

/** The number of the cut at an edge: cut 0 lies in front of the first clip. */
export function cutNumber(index: number, edge: ClipEdge): number {
  return edge === "in" ? index : index + 1;
}

/** The transition on a cut: the head of the clip behind it, the tail of the last one at the end. */
export function transitionOn(clips: readonly Joined[], cut: number): TransitionView | null {
  const into = clips[cut];
  return into ? into.head : (clips[cut - 1]?.tail ?? null);
}

/** Frames that are free for a transition on a cut. Nothing is free in front of the first clip. */
export function roomOn(clips: readonly Joined[], cut: number): TransitionView {
  const out = clips[cut - 1];
  const into = clips[cut];
  const taken = (at: number) => transitionOn(clips, at) ?? { before: 0, behind: 0 };
  return {
    before: out ? out.frames - taken(cut - 1).behind : 0,
    behind: into ? into.frames - taken(cut + 1).before : Number.POSITIVE_INFINITY,
  };
}

/** A dissolve of a second in the middle of a cut, or a fade where one side is empty; as it fits. */
export function usualOn(clips: readonly Joined[], cut: number, second: number): TransitionView {
  const room = roomOn(clips, cut);
  const out = clips[cut - 1];
  const into = clips[cut];
  if (!out) return { before: 0, behind: Math.min(second, room.behind) };
  if (!into) return { before: Math.min(second, room.before), behind: 0 };
  const half = Math.floor(second / 2);
  return {
    before: Math.min(half, into.inFront, room.before),
    behind: Math.min(second - half, out.behind, room.behind),
  };
}

/** Puts a transition on a cut; one without a frame is none. */
export function withTransition<T extends Joined>(
  clips: readonly T[],
  cut: number,
  wanted: TransitionView | null,
): T[] {
  const set = wanted && wanted.before + wanted.behind > 0 ? wanted : null;
  const last = cut === clips.length;
  return clips.map((clip, index) => {
    if (last && index === cut - 1) return { ...clip, tail: set };
    return index === cut ? { ...clip, head: set } : clip;
  });
}

/** Transitions as short as they must be after an edit; a tail goes when a clip follows. */
export function fitted<T extends Joined>(clips: readonly T[]): T[] {
  let left = clips.map((clip, index) =>
    clip.tail && index < clips.length - 1 ? { ...clip, tail: null } : clip,
  );
  let free = 0;
  for (let cut = 0; cut <= clips.length; cut += 1) {
    const now = transitionOn(left, cut);
    const length = clips[cut]?.frames ?? Number.POSITIVE_INFINITY;
    const behind = Math.min(now?.behind ?? 0, length);
    if (now) left = withTransition(left, cut, { before: Math.min(now.before, free), behind });
    free = length - behind;
  }
  return left;
}
