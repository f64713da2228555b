/** Which clips another flow can stand in for. */
import type { ClipView } from "../../backend/generated";

/** The ids of those that are cut from another flow than this one. */
export function replaceable(clips: readonly ClipView[], flowId: string | null): string[] {
  if (flowId === null) return [];
  return clips.filter((clip) => clip.flowId !== flowId).map(({ id }) => id);
}
