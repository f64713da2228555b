/** What is seen while something is dragged: ghosts, the joint it goes to, what a trim costs. */

import type { ReactNode } from "react";
import type { ClipView, FlowSegments, Rate } from "../backend/generated";
import { timecode } from "../time/timecode";
import { FILL } from "./CutPlanLane";
import type { Carried } from "./carry";
import { type DragState, moveTarget, type Trim } from "./drag";
import { type Viewport, widthOf, xOf } from "./geometry";
import { trimHint } from "./hints";
import type { Place } from "./place";
import { isRetimed, sequencePlace } from "./rates";
import { nearestLossless, type SnapPoint } from "./snapping";

/** Pixels from the top of the lanes. */
export interface Rows {
  trackTop: number;
  videoHeight: number;
  bottom: number;
}

interface OverlayProps {
  state: DragState;
  clips: readonly ClipView[];
  segments: Readonly<Record<string, FlowSegments>>;
  view: Viewport;
  rate: Rate | null;
  startFrame: number;
  rows: Rows;
}

export function DragOverlay(props: OverlayProps): ReactNode {
  const { state, clips, view, rows } = props;
  switch (state.kind) {
    case "moving": {
      const target = moveTarget(state, clips);
      return (
        <>
          <Ghost
            at={state.ghostAt}
            frames={state.clip.frames}
            title={state.clip.title}
            {...props}
          />
          {target !== null && <JointLine frame={target} view={view} rows={rows} />}
        </>
      );
    }
    case "trimming":
      return <TrimOverlay {...props} trim={state.trim} />;
    case "scrubbing": {
      const x = xOf(state.frame, view);
      return (
        <>
          <div className="tl-scrub-line" style={{ left: x }} />
          {state.snapped !== null && (
            <div className="hint tl-hint" style={{ left: x + 12, top: rows.trackTop }}>
              {snapWords(state.snapped, props.rate, props.startFrame)}
            </div>
          )}
        </>
      );
    }
    case "marquee": {
      const left = Math.min(state.x0, state.x1);
      const width = Math.abs(state.x1 - state.x0);
      const height = rows.bottom - rows.trackTop;
      return <div className="tl-marquee" style={{ left, width, top: rows.trackTop, height }} />;
    }
    default:
      return null;
  }
}

/** Where a carried part would go, and how. */
export function PlaceOverlay(props: {
  place: Place;
  carried: Carried;
  view: Viewport;
  rate: Rate | null;
  startFrame: number;
  rows: Rows;
}): ReactNode {
  const { place, carried, view, rows, rate, startFrame } = props;
  const words = { insert: "Insert", overwrite: "Overwrite", append: "Append" }[place.mode];
  const at = timecode(startFrame + place.at, rate);
  const frames = carried.frames ?? Math.ceil(80 / view.pxPerFrame);
  return (
    <>
      <Ghost at={place.at} frames={frames} title={carried.title} view={view} rows={rows} />
      <JointLine frame={place.at} view={view} rows={rows} />
      <div
        className="hint tl-hint"
        style={{ left: xOf(place.at, view) + 12, top: rows.trackTop + 24 }}
      >
        <span className="b6">{words}</span> at <span className="mono">{at}</span>
        {place.mode === "insert" && <span className="t2"> · Alt replaces what is there</span>}
      </div>
    </>
  );
}

function Ghost(props: {
  at: number;
  frames: number;
  title: string;
  view: Viewport;
  rows: Rows;
}): ReactNode {
  const { at, frames, title, view, rows } = props;
  const style = {
    left: xOf(at, view),
    width: Math.max(4, widthOf(frames, view)),
    top: rows.trackTop + 2,
    height: rows.videoHeight - 4,
  };
  return (
    <div className="tl-ghost" style={style} data-testid="ghost">
      <span className="cut">{title}</span>
    </div>
  );
}

function JointLine(props: { frame: number; view: Viewport; rows: Rows }): ReactNode {
  const { frame, view, rows } = props;
  const style = {
    left: xOf(frame, view) - 1,
    top: rows.trackTop,
    height: rows.bottom - rows.trackTop,
  };
  return <div className="tl-joint" style={style} />;
}

function TrimOverlay(props: OverlayProps & { trim: Trim }): ReactNode {
  const { trim, view, segments, rate, rows } = props;
  const { clip, side, first, frames } = trim;
  const flow = segments[clip.flowId] ?? null;
  // The end that stays is where it is drawn; the other one is counted from where it was.
  const moved = (place: number) => sequencePlace(clip, rate, place, side);
  const from = side === "head" ? moved(first) : clip.at;
  const to = side === "head" ? clip.at + clip.frames : moved(first + frames);
  const edge = side === "head" ? from : to;
  const cut = flow === null || isRetimed(clip, rate) ? null : losslessBeside(flow, trim);
  const x = xOf(edge, view);
  // The hint stays in sight at the right end of the lanes.
  const place = x + 300 > view.width ? { right: view.width - x + 12 } : { left: x + 12 };
  const style = {
    left: xOf(from, view),
    width: Math.max(2, widthOf(to - from, view)),
    top: rows.trackTop + 2,
    height: rows.videoHeight - 4,
  };
  return (
    <>
      <div className={`tl-trim ${side}`} style={style} data-testid="trim-ghost" />
      {cut !== null && (
        <div className="tl-lossless" style={{ left: xOf(moved(cut), view), height: rows.bottom }} />
      )}
      <div
        className="hint tl-hint"
        style={{ ...place, top: rows.trackTop + 20 }}
        data-testid="trim-hint"
      >
        {trimHint(trim, flow, rate).map((line) => (
          <div className="row g8" key={line.rest}>
            {line.look !== null && <i className={`sw ${FILL[line.look]}`} />}
            <span className={line.strong === "" ? "t2" : ""}>
              {line.strong !== "" && <b className="b6">{line.strong}</b>}
              {line.strong !== "" && " · "}
              {line.rest}
            </span>
          </div>
        ))}
        {trim.snapped !== null && <div className="t2">Snapped to the {snapName(trim.snapped)}</div>}
      </div>
    </>
  );
}

/** The cut that costs nothing nearest to the trimmed end, unless the end is on it. */
function losslessBeside(flow: FlowSegments, { side, first, frames }: Trim): number | null {
  const end = first + frames;
  const edge = side === "head" ? first : end;
  const cut =
    side === "head"
      ? nearestLossless(flow, edge, 0, end - 1)
      : nearestLossless(flow, edge, first + 1, flow.frames);
  return cut === edge ? null : cut;
}

function snapName(point: SnapPoint): string {
  return point.kind === "lossless cut" ? "key frame" : point.kind;
}

function snapWords(point: SnapPoint, rate: Rate | null, startFrame: number): string {
  return `${timecode(startFrame + point.frame, rate)}, ${snapName(point)}`;
}
