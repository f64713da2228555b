/** The view of each tab: what the sequence's lanes and the source's lanes show. */

import { useEffect } from "react";
import { create } from "zustand";
import { useDesk } from "../state/desk";
import { type TimelineView, useView } from "../state/view";
import type { Viewport } from "./geometry";
import { clampZoom, fitZoom, scrollTo } from "./zoom";

/** What is seen of a tab, and how to see something else of it. */
export interface LaneView {
  view: Viewport;
  /** Frames in all. */
  frames: number;
  show(view: Viewport): void;
  /** Everything, now and when it grows. */
  fit(): void;
}

interface Scale {
  /** `null` fits everything. */
  pxPerFrame: number | null;
  firstFrame: number;
}

const FIT: Scale = { pxPerFrame: null, firstFrame: 0 };

/** What is seen of the flow in the source monitor; another flow begins anew. */
const useSourceScale = create<Scale>()(() => FIT);

/** The viewport for a scale, held to what there is. */
export function viewportOf(scale: Scale, frames: number, width: number): Viewport {
  if (scale.pxPerFrame === null) {
    return { width, pxPerFrame: fitZoom(frames, width), firstFrame: 0 };
  }
  const pxPerFrame = clampZoom(scale.pxPerFrame, frames, width);
  return scrollTo({ width, pxPerFrame, firstFrame: 0 }, scale.firstFrame, frames);
}

/** The sequence's view as it is now, outside of rendering. */
export function sequenceView(width: number): LaneView {
  const { timeline, setTimeline } = useView.getState();
  return laneView(timeline, useDesk.getState().sequence.frames, width, setTimeline);
}

/** The source's view as it is now, outside of rendering. */
export function sourceView(width: number): LaneView {
  const { frames } = useDesk.getState().source;
  return laneView(useSourceScale.getState(), frames, width, useSourceScale.setState);
}

/** The view of a tab, for rendering. */
export function useLaneView(tab: "sequence" | "source", width: number): LaneView {
  const timeline = useView((state) => state.timeline);
  const sourceScale = useSourceScale();
  const sequenceFrames = useDesk((state) => state.sequence.frames);
  const sourceFrames = useDesk((state) => state.source.frames);
  const flowId = useDesk((state) => state.source.flowId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of flow that counts
  useEffect(() => useSourceScale.setState(FIT), [flowId]);
  return tab === "sequence"
    ? laneView(timeline, sequenceFrames, width, useView.getState().setTimeline)
    : laneView(sourceScale, sourceFrames, width, useSourceScale.setState);
}

function laneView(
  scale: Scale,
  frames: number,
  width: number,
  set: (change: Pick<TimelineView, "pxPerFrame" | "firstFrame">) => void,
): LaneView {
  return {
    view: viewportOf(scale, frames, width),
    frames,
    show: ({ pxPerFrame, firstFrame }) => set({ pxPerFrame, firstFrame }),
    fit: () => set(FIT),
  };
}
