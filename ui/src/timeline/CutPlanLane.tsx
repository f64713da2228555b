/** The cut plan over the clips: what is copied, re-encoded, referenced or a slate. */

import { memo, type ReactNode } from "react";
import type { PlanState, SequenceView, SpanView } from "../backend/generated";
import { count, shareWords } from "../time/words";
import { type Viewport, widthOf, xOf } from "./geometry";
import { spanWords } from "./hints";
import { currentPlan, type PlanItem, planItems, type SpanLook } from "./planLane";

/** The class that gives a look its colour and its pattern. */
export const FILL: Record<SpanLook, string> = {
  copy: "fill-copy",
  reencode: "fill-encode",
  reference: "fill-reference",
  slate: "fill-fill",
};

/** The lane itself. */
export const CutPlanLane = memo(function CutPlanLane(props: {
  plan: PlanState;
  sequence: SequenceView;
  view: Viewport;
}): ReactNode {
  const { plan, sequence, view } = props;
  if (sequence.frames === 0) return null;
  const current = currentPlan(plan, sequence.revision);
  if (plan.kind === "failed" && plan.revision === sequence.revision) {
    const { title, detail, hint } = plan.failure;
    return (
      <div className="tl-plan-failed" title={`${detail}\n${hint}`}>
        {title}
      </div>
    );
  }
  if (current === null) {
    const width = widthOf(sequence.frames, view);
    return <div className="tl-span tl-planning" style={{ left: xOf(0, view), width: width - 1 }} />;
  }
  return planItems(current.spans, view).map((item) => (
    <PlanBlock key={item.index} item={item} title={itemWords(item, current.spans)} />
  ));
});

/** Height of a span in pixels, and the least that is seen of a part of it. */
const BLOCK_PX = 12;
const PART_PX = 4;

/** A span; of a run that is copied in part, the other part is as high as its share. */
function PlanBlock({ item, title }: { item: PlanItem; title: string }): ReactNode {
  const { look, left, frames, copied } = item;
  const mixed = copied > 0 && copied < frames;
  const classes = ["tl-span", FILL[mixed ? "copy" : look], copied === 0 && "tl-span-over"];
  const height = Math.max(PART_PX, ((frames - copied) / frames) * BLOCK_PX);
  return (
    <div
      className={classes.filter(Boolean).join(" ")}
      style={{ left, width: Math.max(1, item.width - (mixed ? 0 : 1)) }}
      title={title}
      data-kind={look}
    >
      {mixed && <i className={FILL[look]} style={{ height }} />}
    </div>
  );
}

function itemWords(item: PlanItem, spans: readonly SpanView[]): string {
  if (item.count > 1) return `${count(item.count, "span")}, zoom in to tell them apart`;
  const span = spans[item.index];
  return span === undefined ? "" : spanWords(span);
}

/** What the lane's header says: the copied share, or why there is none. */
export function CutPlanWords(props: { plan: PlanState; sequence: SequenceView }): ReactNode {
  const { plan, sequence } = props;
  if (sequence.frames === 0) return null;
  const slates = sequence.clips.filter((clip) => clip.problem !== null).length;
  if (plan.kind === "failed" && plan.revision === sequence.revision) {
    return (
      <span className="f11 error right">{slates > 0 ? count(slates, "slate") : "No plan"}</span>
    );
  }
  const current = currentPlan(plan, sequence.revision);
  if (current === null) return <span className="f11 t3 right">Planning</span>;
  if (slates > 0) return <span className="f11 warn right">{count(slates, "slate")}</span>;
  const share = shareWords(current.copiedFrames, current.frames);
  return <span className="f11 t2 right">{share} copied</span>;
}
