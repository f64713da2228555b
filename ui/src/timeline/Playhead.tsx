/**
 * What follows the picture a monitor has drawn: the playhead and its timecode. They move by writing
 * into the page in the task that drew the picture; nothing is rendered anew.
 */

import { type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import type { MonitorName, Rate } from "../backend/generated";
import { followFrame, shownFrame } from "../state/playhead";
import { timecode } from "../time/timecode";
import { type Viewport, xOf } from "./geometry";

/** Calls `show` for each picture drawn and again after each rendering. */
function useShownFrame(monitor: MonitorName, show: (frame: number) => void): void {
  const current = useRef(show);
  useLayoutEffect(() => {
    current.current = show;
    show(shownFrame(monitor));
  });
  useEffect(() => followFrame(monitor, (frame) => current.current(frame)), [monitor]);
}

/** The line over all lanes, with its head in the ruler. */
export function Playhead(props: { monitor: MonitorName; view: Viewport }): ReactNode {
  const line = useRef<HTMLDivElement>(null);
  const { monitor, view } = props;
  useShownFrame(monitor, (frame) => {
    const element = line.current;
    if (element === null) return;
    const x = Math.round(xOf(frame, view));
    element.style.transform = `translateX(${x}px)`;
    element.style.visibility = x >= 0 && x <= view.width ? "visible" : "hidden";
  });
  return (
    <div className="tl-playhead" ref={line} data-testid="playhead" aria-hidden="true">
      <svg className="tl-playhead-head" width="13" height="14">
        <title>Playhead</title>
        <path d="M1.5 .5h10v8l-5 5l-5-5z" fill="var(--playhead)" stroke="var(--playhead-edge)" />
      </svg>
    </div>
  );
}

/** The playhead in the overview. */
export function OverviewPlayhead(props: {
  monitor: MonitorName;
  frames: number;
  width: number;
}): ReactNode {
  const line = useRef<HTMLDivElement>(null);
  useShownFrame(props.monitor, (frame) => {
    const x = props.frames === 0 ? 0 : Math.round((frame / props.frames) * props.width);
    if (line.current !== null) line.current.style.transform = `translateX(${x}px)`;
  });
  return <div className="tl-overview-playhead" ref={line} />;
}

/** The timecode of the playhead. */
export function PlayheadTimecode(props: {
  monitor: MonitorName;
  rate: Rate | null;
  startFrame: number;
}): ReactNode {
  const text = useRef<HTMLSpanElement>(null);
  useShownFrame(props.monitor, (frame) => {
    if (text.current !== null) {
      text.current.textContent = timecode(props.startFrame + frame, props.rate);
    }
  });
  return <span className="mono tl-timecode" ref={text} data-testid="timeline-timecode" />;
}

/** Calls `move` when the frame changes, but not for the frame that is shown already. */
export function useFrameChange(monitor: MonitorName, move: (frame: number) => void): void {
  const current = useRef(move);
  useLayoutEffect(() => {
    current.current = move;
  });
  useEffect(() => {
    let first = true;
    return followFrame(monitor, (frame) => {
      if (!first) current.current(frame);
      first = false;
    });
  }, [monitor]);
}
