/** The ruler: ticks, timecodes and the marked part. */

import { memo, type ReactNode } from "react";
import type { Rate } from "../backend/generated";
import { type Viewport, xOf } from "./geometry";
import { ticks } from "./ruler";

const HEIGHT = 28;
const TOP = { label: 16, half: 21, small: 24 } as const;

/** The marked part; an open end reaches as far as there is something. */
export interface Marks {
  from: number | null;
  to: number | null;
}

export const RulerLane = memo(function RulerLane(props: {
  view: Viewport;
  rate: Rate | null;
  startFrame: number;
  marks: Marks;
  /** Frames in all. */
  frames: number;
}): ReactNode {
  const { view, rate, startFrame, marks, frames } = props;
  const found = ticks(view, rate, startFrame);
  const path = (sizes: readonly string[]) =>
    found
      .filter((tick) => sizes.includes(tick.size))
      .map((tick) => `M${Math.round(tick.x) + 0.5} ${TOP[tick.size]}V${HEIGHT}`)
      .join("");
  return (
    <svg width={view.width} height={HEIGHT} aria-hidden="true">
      <MarkedPart view={view} marks={marks} frames={frames} />
      <path d={path(["half", "small"])} stroke="var(--line-2)" fill="none" />
      <path d={path(["label"])} stroke="var(--line-3)" fill="none" />
      {found.map((tick) =>
        tick.label === "" ? null : (
          <text key={tick.frame} x={Math.round(tick.x) + 4.5} y={20} className="tl-ruler-label">
            {tick.label}
          </text>
        ),
      )}
    </svg>
  );
});

function MarkedPart(props: { view: Viewport; marks: Marks; frames: number }): ReactNode {
  const { view, marks, frames } = props;
  if (marks.from === null && marks.to === null) return null;
  const left = Math.round(xOf(marks.from ?? 0, view));
  const right = Math.round(xOf(marks.to ?? frames, view));
  const ends = [marks.from === null ? null : left, marks.to === null ? null : right];
  return (
    <g>
      <rect x={left} width={Math.max(0, right - left)} height={6} className="tl-marked" />
      {ends.map((x) =>
        x === null ? null : (
          <path key={x} d={`M${x} 0v10`} stroke="var(--accent)" strokeWidth={2} fill="none" />
        ),
      )}
    </g>
  );
}
