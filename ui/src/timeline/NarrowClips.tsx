/** Clips too narrow for a label, drawn on one canvas: there may be hundreds of them in a lane. */

import type { ReactNode } from "react";
import type { PlanView } from "../backend/generated";
import { type LaneItem, type Viewport, widthOf, xOf } from "./geometry";
import { LaneCanvas } from "./LaneCanvas";
import { clipStretches } from "./planLane";

/** Clips narrower than this show neither label, pictures nor wave. */
export const NARROW_PX = 20;

/** Pixels above and below a clip. */
const MARGIN = 2;

/** Top of what the plan says, below where a label would be. */
const TINT_TOP = 18;

/** It is drawn here rather than as an element. */
export function isNarrow(item: LaneItem, view: Viewport): boolean {
  return item.kind === "crowd" || widthOf(item.clip.frames, view) < NARROW_PX;
}

interface NarrowProps {
  items: readonly LaneItem[];
  selected: ReadonlySet<string>;
  view: Viewport;
  height: number;
  track: "video" | "audio";
  plan: PlanView | null;
}

export function NarrowClips(props: NarrowProps): ReactNode {
  const { items, selected, view, height, track, plan } = props;
  const narrow = items.filter((item) => isNarrow(item, view));
  if (narrow.length === 0) return null;
  return (
    <LaneCanvas
      className="tl-narrow"
      width={view.width}
      height={height}
      draw={(context, colour) => {
        const fill = colour(`--track-${track}`);
        const edge = colour(`--track-${track}-edge`);
        const chosen = colour("--accent");
        const slate = colour("--slate");
        const missing = colour("--bg-3");
        const reencode = colour("--reencode");
        for (const item of narrow) {
          const box = boxOf(item, view, height);
          const isChosen = item.kind === "crowd" ? item.selected : selected.has(item.clip.id);
          const problem = item.kind === "clip" && item.clip.problem !== null;
          if (track === "audio" && item.kind === "clip" && !item.clip.sound) continue;
          context.fillStyle = problem ? missing : fill;
          context.fillRect(box.x, box.y, box.width, box.height);
          if (item.kind === "clip" && track === "video") {
            context.fillStyle = reencode;
            for (const stretch of clipStretches(plan, item.clip)) {
              const x = box.x + widthOf(stretch.from, view);
              const width = Math.max(1, widthOf(stretch.frames, view));
              context.fillRect(x, TINT_TOP, width, height - TINT_TOP - MARGIN);
            }
          }
          context.strokeStyle = isChosen ? chosen : problem ? slate : edge;
          context.strokeRect(
            box.x + 0.5,
            box.y + 0.5,
            Math.max(0.5, box.width - 1),
            box.height - 1,
          );
        }
      }}
    />
  );
}

function boxOf(item: LaneItem, view: Viewport, height: number) {
  const { at, frames } = item.kind === "crowd" ? item : item.clip;
  const x = xOf(at, view);
  return {
    x,
    y: MARGIN,
    width: Math.max(1, widthOf(frames, view) - 1),
    height: height - MARGIN * 2,
  };
}
