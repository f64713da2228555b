/**
 * From which flow of its source a clip is cut: a light one to look at, or the best one to compile
 * from; and the jobs that link clips to the other one. Pure.
 */
import type { ClipView, FailureView, FlowPurpose, JobView, SourceView } from "../backend/generated";

/** What a clip that is cut from a preview flow has to do with the file. */
export const PREVIEW_MEANS =
  "Cut from the preview flow, which is lighter to look at. Its source has a better one to compile from.";

/** One flow of the source is there to look at, another one to compile from. */
export function hasPreview(source: Pick<SourceView, "previewFlow" | "bestFlow">): boolean {
  const { previewFlow, bestFlow } = source;
  return previewFlow !== null && bestFlow !== null && previewFlow !== bestFlow;
}

/** What a flow is to its source; `null` when the source has no two to choose from. */
export function flowTag(source: SourceView, flowId: string): "Preview" | "Best" | null {
  if (!hasPreview(source)) return null;
  if (flowId === source.previewFlow) return "Preview";
  return flowId === source.bestFlow ? "Best" : null;
}

/** How many clips are cut from preview flows. */
export function previewCount(clips: readonly ClipView[]): number {
  return clips.reduce((sum, { preview }) => sum + (preview ? 1 : 0), 0);
}

/** `2 of 5 clips are cut from preview flows.` */
export function previewWords(previews: number, clips: number): string {
  if (clips === 1) return "The clip is cut from a preview flow.";
  if (previews === 1) return `1 of ${clips} clips is cut from a preview flow.`;
  return `${previews} of ${clips} clips are cut from preview flows.`;
}

/** The flow that a clip is cut from, and the one that it can be linked to instead. */
export interface CutFrom {
  readonly words: string;
  readonly other: FlowPurpose;
  /** What links it to the other one. */
  readonly deed: string;
}

/** `null` when its source has no two flows to choose from. */
export function cutFrom(clip: ClipView, source: SourceView | undefined): CutFrom | null {
  if (!source || !hasPreview(source)) return null;
  if (clip.flowId === source.bestFlow) {
    return { words: "Best flow", other: "preview", deed: "Use the preview flow" };
  }
  const words = flowTag(source, clip.flowId) === "Preview" ? "Preview flow" : "Another flow";
  return { words, other: "best", deed: "Use the best flow" };
}

/** Some clip is cut from another flow than the one for this purpose. */
export function canLink(
  clips: readonly ClipView[],
  sources: readonly SourceView[],
  purpose: FlowPurpose,
): boolean {
  if (purpose === "best" && clips.some(({ preview }) => preview)) return true;
  const wanted = new Map(
    sources
      .filter(hasPreview)
      .map(({ id, previewFlow, bestFlow }) => [id, purpose === "best" ? bestFlow : previewFlow]),
  );
  return clips.some(({ sourceId, flowId }) => (wanted.get(sourceId) ?? flowId) !== flowId);
}

/** Where the linking of clips stands. */
export type Relink =
  /** Nothing was linked, or it went well, or it was cancelled or put away. */
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly job: JobView }
  | { readonly kind: "failed"; readonly job: JobView; readonly failure: FailureView };

/** By the newest job of that kind (`jobs` are newest first). */
export function lastRelink(jobs: readonly JobView[]): Relink {
  const job = jobs.find(({ kind }) => kind === "relink");
  switch (job?.state.kind) {
    case "queued":
    case "running":
      return { kind: "running", job };
    case "failed":
      return { kind: "failed", job, failure: job.state.failure };
    default:
      return { kind: "none" };
  }
}

/** Jobs that linked clips, or failed to, and are not at work any more. */
export function endedRelinks(jobs: readonly JobView[]): JobView[] {
  return jobs.filter(
    ({ kind, state }) => kind === "relink" && state.kind !== "queued" && state.kind !== "running",
  );
}
