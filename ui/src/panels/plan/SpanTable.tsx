/** The plan's spans in output order; beside each how far it is, or what its joint was found to be. */

import { IconAlertCircle, IconCheck, IconCircleCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { JointView, PlanView, SpanView } from "../../backend/generated";
import { IconButton, Swatch, spanWord } from "../../design";
import { transport } from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { framesToMs, timecode } from "../../time/timecode";
import { bytesWords, grouped } from "../../time/words";
import { copyText } from "./clipboard";
import { spanProgress } from "./progress";
import { Spacer, useRowsInView } from "./rowsInView";
import { countLine, jointOf, shortHash } from "./sums";

/** What the last column tells. */
export type SpanNews =
  | { readonly kind: "none" }
  /** Frames of the output that are made. */
  | { readonly kind: "making"; readonly framesDone: number }
  | { readonly kind: "verified"; readonly joints: readonly JointView[] };

const NEWS_TITLE = { none: null, making: "Progress", verified: "Joint" } as const;

export function SpanTable({
  plan,
  news,
  outdated,
}: {
  plan: PlanView;
  news: SpanNews;
  /** The sequence has changed and the new plan is on its way. */
  outdated: boolean;
}) {
  const startFrame = useDesk((desk) => desk.sequence.startFrame);
  const selectedClips = useView((view) => view.selectedClips);
  const { spans, frameRate } = plan;
  const { box, onScroll, first, end } = useRowsInView(spans.length);
  const at = (frame: number) => timecode(startFrame + frame, frameRate);
  const seconds = (frames: number) => (framesToMs(frames, frameRate) / 1000).toFixed(2);
  const newsTitle = NEWS_TITLE[news.kind];
  const columns = 9;

  return (
    <div className={outdated ? "plan-spans outdated" : "plan-spans"}>
      <div ref={box} className="scroll grow-down" onScroll={onScroll}>
        <table className="t" aria-label="Spans of the cut plan" aria-rowcount={spans.length + 1}>
          <thead>
            <tr>
              <th>#</th>
              <th>Span</th>
              <th>From</th>
              <th className="in">In</th>
              <th className="out">Out</th>
              <th className="n">Frames</th>
              {news.kind !== "making" && <th className="n sec">Seconds</th>}
              {news.kind !== "verified" && <th className="n mb">MB</th>}
              <th>Reason</th>
              {newsTitle !== null && <th className="n">{newsTitle}</th>}
            </tr>
          </thead>
          <tbody>
            <Spacer rows={first} columns={columns} />
            {spans.slice(first, end).map((span, offset) => {
              const index = first + offset;
              const chosen = span.clipId !== null && selectedClips.includes(span.clipId);
              return (
                <tr
                  key={span.at}
                  className={chosen ? "sel" : ""}
                  aria-rowindex={index + 2}
                  data-testid="span-row"
                >
                  <td className="mono t3">{index + 1}</td>
                  <td>
                    <span className="row g8">
                      <Swatch kind={span.kind} />
                      <span className={spanWord(span.kind).tone}>{spanWord(span.kind).word}</span>
                    </span>
                  </td>
                  <td className="b5 from">
                    <button
                      type="button"
                      className="cut"
                      title={span.from}
                      onClick={() => go(span)}
                    >
                      {span.from || "Nothing"}
                    </button>
                  </td>
                  <td className="mono t2 in">{at(span.at)}</td>
                  <td className="mono t2 out">{at(span.at + span.frames)}</td>
                  <td className="mono n">{grouped(span.frames)}</td>
                  {news.kind !== "making" && <td className="mono n sec">{seconds(span.frames)}</td>}
                  {news.kind !== "verified" && (
                    <td className="mono n mb">{(span.bytes / 1_000_000).toFixed(1)}</td>
                  )}
                  <td className="t2 reason cut" title={span.reason}>
                    {span.reason}
                  </td>
                  {newsTitle !== null && (
                    <td className="n">
                      <News news={news} span={span} number={index} />
                    </td>
                  )}
                </tr>
              );
            })}
            <Spacer rows={spans.length - end} columns={columns} />
          </tbody>
        </table>
      </div>
      <div className="row g16 plan-foot">
        <span className="b6">{countLine(plan)}</span>
        <Amount value={grouped(plan.frames)} unit="frames" />
        <Amount value={seconds(plan.frames)} unit="s" />
        <span className="mono">{bytesWords(plan.bytes)}</span>
        <span className="right row g8">
          <span className="t3">Plan</span>
          <span className="mono t2" title={plan.hash}>
            {shortHash(plan.hash)}
          </span>
          <IconButton
            size="sm"
            label="Copy the plan hash"
            onClick={() => void copyText(plan.hash, "The plan hash")}
          >
            <IconCopy size={14} />
          </IconButton>
        </span>
      </div>
    </div>
  );
}

/** Shows the span where it begins. */
function go(span: SpanView): void {
  if (span.clipId !== null) useView.getState().selectClips([span.clipId]);
  void transport("record", { kind: "seek", frame: span.at });
}

function Amount({ value, unit }: { value: string; unit: string }) {
  return (
    <span className="mono">
      {value} <span className="t3">{unit}</span>
    </span>
  );
}

function News({
  news,
  span,
  number,
}: {
  news: SpanNews;
  span: SpanView;
  number: number;
}): ReactNode {
  if (news.kind === "making") {
    const progress = spanProgress(span, news.framesDone);
    switch (progress.kind) {
      case "waiting":
        return <span className="t3">Waiting</span>;
      case "done":
        return (
          <span className="row g4 ok news">
            <IconCheck size={14} aria-hidden="true" />
            Done
          </span>
        );
      case "running":
        return (
          <span className="row g8 news">
            <span className="bar" style={{ width: 72 }}>
              <i style={{ width: `${progress.percent}%` }} />
            </span>
            <span className="mono">{progress.percent} %</span>
          </span>
        );
    }
  }
  if (news.kind !== "verified") return null;
  const joint = jointOf(span, news.joints);
  if (!joint) return <span className="t3">{number === 0 ? "start of programme" : "—"}</span>;
  return (
    <span className={`row g4 news ${joint.ok ? "ok" : "error"}`} title={joint.detail}>
      {joint.ok ? (
        <IconCircleCheck size={14} aria-hidden="true" />
      ) : (
        <IconAlertCircle size={14} aria-hidden="true" />
      )}
      {joint.ok ? (number === 0 ? "Start" : `Joint ${number}`) : joint.detail}
    </span>
  );
}
