/** How true the picture is: what was shown, what was left out, how it was decoded. */

import { type ReactNode, useRef } from "react";
import type { MonitorView } from "../../backend/generated";
import { Dot } from "../../design";
import { framesToMs } from "../../time/timecode";
import { percent } from "../plan/progress";
import { useAway } from "./Away";
import { type Drawn, useDrawn } from "./drawn";
import { useFetching } from "./Fetching";
import { Loudness } from "./Loudness";
import { type MonitorStats, useMonitorStats } from "./stats";

export function TruthLine({ view }: { view: MonitorView }) {
  const stats = useMonitorStats(view.monitor);
  if (view.state === "empty") {
    return (
      <div className="mon-truth">
        <State word="Idle" shape="ring" tone="slate" />
        <span className="t3 cut">Shown frames, drops and decode path appear here</span>
      </div>
    );
  }
  const dropped = droppedFrames(view, stats);
  return (
    // What gives way where there is little room is read here.
    <div className="mon-truth" title={decodeWords(view)} data-testid={`truth-${view.monitor}`}>
      <Playing view={view} stats={stats} dropped={dropped} />
      <span>
        <span className="mono">{dropped}</span> dropped
      </span>
      {view.decode !== "" && <span className="cut mon-decode">{view.decode}</span>}
      <Way stats={stats} />
      {view.loudness && <Loudness loudness={view.loudness} />}
      {view.buffered > 0 && (
        <span className="mon-buffer">
          Buffer <span className="mono">{bufferWords(view)}</span>
        </span>
      )}
      <FrameNumber view={view} />
    </div>
  );
}

interface PlayingProps {
  view: MonitorView;
  stats: MonitorStats;
  dropped: number;
}

function Playing({ view, stats, dropped }: PlayingProps) {
  const away = useAway(view.monitor);
  if (view.state === "opening") return <Opening view={view} />;
  if (away) return <State word="In its own window" shape="ring" tone="slate" />;
  if (view.state === "slate") return <State word="Slate" tone="slate" />;
  if (view.rate === 0) return <State word="Paused" shape="ring" tone="slate" />;
  if (stats.stalled) return <State word="Buffering" shape="half" tone="warn" />;
  const shown = stats.fps === null ? "— fps" : `${stats.fps.toFixed(2)} fps`;
  const speed = view.rate === 1 ? "" : ` · ${view.rate}×`.replace("-", "−");
  return (
    <State
      word={<span className="mono">{shown + speed}</span>}
      tone={dropped > 0 ? "warn" : "ok"}
    />
  );
}

/** What is not on this machine is fetched first: how far that is. */
function Opening({ view }: { view: MonitorView }) {
  const fetching = useFetching(view);
  if (!fetching) return <State word="Opening" shape="ring" tone="slate" />;
  const done = percent(fetching.progress);
  return (
    <State word={done === null ? "Fetching" : `Fetching ${done} %`} shape="half" tone="warn" />
  );
}

interface StateProps {
  word: ReactNode;
  tone: "ok" | "warn" | "slate";
  shape?: "ring" | "half";
}

function State({ word, tone, shape }: StateProps) {
  return (
    <span className="row g4 nw">
      {shape ? <Dot tone={tone} shape={shape} /> : <Dot tone={tone} />}
      {word}
    </span>
  );
}

/** Said only when pictures do not come by themselves. */
function Way({ stats: { way, format } }: { stats: MonitorStats }) {
  if (way === "pull") return <span className="warn nw">Pulled</span>;
  if (way === "closed" && format !== null) return <span className="warn nw">No connection</span>;
  return null;
}

/** The number of the frame on the screen, set in the task that drew it. */
function FrameNumber({ view: { monitor } }: { view: MonitorView }) {
  const number = useRef<HTMLSpanElement>(null);
  const word = useRef<HTMLSpanElement>(null);
  useDrawn(monitor, (drawn) => {
    if (number.current) number.current.textContent = drawn ? String(drawn.frame) : "";
    if (!word.current) return;
    word.current.textContent = frameWord(drawn);
    word.current.className = drawn?.exact === false ? "warn" : "";
  });
  return (
    <span className="right t3 nw mon-frame">
      <span className="mon-frame-word">Frame </span>
      <span ref={number} data-testid={`frame-${monitor}`} /> <span ref={word} />
    </span>
  );
}

function frameWord(drawn: Drawn | null): string {
  if (!drawn) return "not drawn yet";
  if (drawn.standIn === "away") return "";
  if (drawn.standIn === "slate") return "slate";
  return drawn.exact ? "exact" : "key frame";
}

/** Frames that did not reach the screen: left out by the program, or seen to be missing here. */
export function droppedFrames(view: MonitorView, stats: MonitorStats): number {
  return Math.max(view.dropped, stats.lost);
}

/** How pictures are decoded and how many wait: `libav → RGBA 480×270, 1.8 s buffered`. */
export function decodeWords(view: MonitorView): string {
  const buffered = view.buffered > 0 ? `${bufferWords(view)} buffered` : "";
  return [view.decode, buffered].filter((words) => words !== "").join(", ");
}

/** How long the decoded frames last: `1.8 s`. */
export function bufferWords({ buffered, frameRate }: MonitorView): string {
  return `${(framesToMs(buffered, frameRate) / 1000).toFixed(1)} s`;
}
