/** The frames from which decoding can start; a cut there breaks no GOP. */

import { memo, type ReactNode } from "react";
import { type Viewport, xOf } from "./geometry";

/** Ticks nearer to each other than this say nothing more. */
const NEAREST_PX = 3;

export const KeyFramesLane = memo(function KeyFramesLane(props: {
  /** Ascending, in frames of the lane. */
  frames: readonly number[];
  view: Viewport;
}): ReactNode {
  const { frames, view } = props;
  let path = "";
  let last = Number.NEGATIVE_INFINITY;
  for (const frame of frames) {
    const x = Math.round(xOf(frame, view)) + 0.5;
    if (x - last < NEAREST_PX) continue;
    last = x;
    path += `M${x} 4v8`;
  }
  return (
    <svg width={view.width} height={16} aria-hidden="true">
      <path d={path} stroke="var(--text-3)" fill="none" />
    </svg>
  );
});
