/** What the plan comes to: how much is copied, and what it costs. */

import { IconClock, IconInfoCircle } from "@tabler/icons-react";
import type { PlanView } from "../../backend/generated";
import { Swatch } from "../../design";
import { framesToMs } from "../../time/timecode";
import { bytesWords, durationWords, grouped, shareWords } from "../../time/words";
import { doneWord, encodedLine, sumsOf } from "./sums";

export function PlanSums({ plan, took }: { plan: PlanView; took: string | null }) {
  const seconds = (frames: number) => `${(framesToMs(frames, plan.frameRate) / 1000).toFixed(2)} s`;
  return (
    <div className="plan-sums scroll">
      <div className="row baseline">
        <span className="big" data-testid="copied-share">
          {shareWords(plan.copiedFrames, plan.frames)}
        </span>
        <span className="f13 t2">copied</span>
      </div>
      <div className="t2">{encodedLine(plan, seconds)}</div>
      <div className="share" aria-hidden="true">
        {sharesOf(plan).map(({ kind, at, frames }) => (
          <i key={at} className={`fill-${kind}`} style={{ flexGrow: frames }} />
        ))}
      </div>
      <dl>
        {sumsOf(plan).map(({ kind, frames }) => (
          <div key={kind} className="row g8 sum">
            <Swatch kind={kind} />
            <dt className="grow t2">{doneWord(kind)}</dt>
            <dd className={frames === 0 ? "mono t3" : "mono"}>{grouped(frames)}</dd>
            <dd className="mono t3">{frames === 0 ? "–" : seconds(frames)}</dd>
          </div>
        ))}
      </dl>
      <div className="row g8 t2 cost">
        <IconClock size={16} aria-hidden="true" />
        {took ?? `About ${durationWords(plan.workMs)}, writes ${bytesWords(plan.bytes)}`}
      </div>
      <div className="lbl">
        {plan.codec}, {plan.width}×{plan.height}, sound {plan.sound || "none"}
      </div>
      {plan.issues.map((issue) => (
        <div key={issue} className="row g8 warn issue">
          <IconInfoCircle size={16} aria-hidden="true" />
          <span className="grow">{issue}</span>
        </div>
      ))}
    </div>
  );
}

/** More stretches than this are finer than the bar can show. */
const MOST_STRETCHES = 60;

/** Neighbours of a kind as one stretch; in a plan of very many spans the sums stand for them. */
function sharesOf(plan: PlanView): { kind: string; at: number; frames: number }[] {
  const shares: { kind: string; at: number; frames: number }[] = [];
  for (const { kind, at, frames } of plan.spans) {
    const last = shares.at(-1);
    if (last && last.kind === kind && kind !== "copy") last.frames += frames;
    else shares.push({ kind, at, frames });
  }
  if (shares.length <= MOST_STRETCHES) return shares;
  return sumsOf(plan).map(({ kind, frames }, at) => ({ kind, at, frames }));
}
