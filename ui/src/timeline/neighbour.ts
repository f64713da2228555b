/** Which clip the keys go to next. */

import type { ClipView } from "../backend/generated";
import { clamp, clipIndexAt } from "./geometry";

/**
 * Index of the clip beside the selected ones, `direction` 1 to the right; the clip under the
 * playhead when none is selected; -1 when there is no clip.
 */
export function neighbour(
  clips: readonly ClipView[],
  selected: readonly string[],
  playhead: number,
  direction: 1 | -1,
): number {
  if (clips.length === 0) return -1;
  const chosen = new Set(selected);
  const indexes = clips.flatMap((clip, index) => (chosen.has(clip.id) ? [index] : []));
  const edge = direction === 1 ? indexes.at(-1) : indexes[0];
  if (edge === undefined) {
    const under = clipIndexAt(clips, playhead);
    return under < 0 ? clips.length - 1 : under;
  }
  return clamp(edge + direction, 0, clips.length - 1);
}
