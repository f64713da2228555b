/** The lanes of the flow in the source monitor: its segments, key frames, gaps and marked part. */

import { IconMovie } from "@tabler/icons-react";
import { type PointerEvent, type ReactNode, useEffect, useMemo, useRef } from "react";
import type {
  Availability,
  ClipView,
  FailureView,
  FlowSegments,
  MonitorView,
  Rate,
} from "../backend/generated";
import { EmptyState } from "../design/bits";
import { awayWords, isUnusable } from "../panels/browser/availability";
import { findFlow, useDesk } from "../state/desk";
import { useView } from "../state/view";
import { bytesWords, count } from "../time/words";
import { clamp, frameAt, type LaneItem, type Viewport, xOf } from "./geometry";
import { KeyFramesLane } from "./KeyFramesLane";
import { Lane } from "./Lane";
import { type LaneView, sourceView } from "./laneView";
import { Overview } from "./Overview";
import { OverviewPlayhead, Playhead, PlayheadTimecode, useFrameChange } from "./Playhead";
import { RulerLane } from "./RulerLane";
import { HEADERS, KEYS, OVERVIEW, PLAN, RULER, trackHeights } from "./rows";
import { ScrollBar } from "./ScrollBar";
import { SoundTrack } from "./SoundTrack";
import { type SegmentItem, segmentItems, segmentSums } from "./segments";
import { atOrBehind } from "./snapping";
import { scrubber } from "./useTimelineDrag";
import { VideoTrack } from "./VideoTrack";
import { follow } from "./zoom";

/** Height of the lane of segments: its own and the one of the cut plan, which a flow has not. */
const SEGMENTS = 44;

const NONE: ReadonlySet<string> = new Set();

/** `room`: pixels from the overview to the scroll bar that nothing covers. */
export function SourceTimeline({ lane, room }: { lane: LaneView; room: number }): ReactNode {
  const monitor = useDesk((state) => state.source);
  const { flowId } = monitor;
  const segments = useDesk((state) => (flowId === null ? undefined : state.segments[flowId]));
  const failure = useDesk((state) => (flowId === null ? undefined : state.segmentFailures[flowId]));
  useEffect(() => {
    if (flowId !== null && segments === undefined && failure === undefined) {
      void useDesk.getState().loadSegments(flowId);
    }
  }, [flowId, segments, failure]);

  if (flowId === null) {
    return (
      <EmptyState icon={<IconMovie size={20} />} title="The segments of a source appear here">
        <p>Choose a source in the browser; Enter opens it.</p>
      </EmptyState>
    );
  }
  if (failure !== undefined) {
    return (
      <EmptyState title={failure.title}>
        <p>{failure.detail}</p>
        <p className="t3">{failure.hint}</p>
      </EmptyState>
    );
  }
  return (
    <FlowLanes monitor={monitor} flowId={flowId} lane={lane} room={room} segments={segments} />
  );
}

function FlowLanes(props: {
  monitor: MonitorView;
  flowId: string;
  lane: LaneView;
  room: number;
  /** Missing while they are read. */
  segments: FlowSegments | undefined;
}): ReactNode {
  const { monitor, flowId, lane, room, segments } = props;
  const { view } = lane;
  const { width, pxPerFrame, firstFrame } = view;
  const sourceId = useDesk((state) => findFlow(state.sources, flowId)?.source.id ?? "");
  const availability = useDesk(
    (state) => findFlow(state.sources, flowId)?.flow.availability ?? "missing",
  );
  const stable = useMemo(
    () => ({ width, pxPerFrame, firstFrame }),
    [width, pxPerFrame, firstFrame],
  );
  const { markIn, markOut, frames, frameRate: rate, sound: hasSound, title } = monitor;
  // Only where nothing of it can be had: else the problem is that of a frame.
  const problem = isUnusable(availability) ? monitor.problem : null;
  const items = useMemo(
    () => wholeFlow(flowId, sourceId, title, frames, rate, hasSound, problem),
    [flowId, sourceId, title, frames, rate, hasSound, problem],
  );
  const known = useMemo(
    () => (segments === undefined ? {} : { [flowId]: segments }),
    [flowId, segments],
  );
  const marks = useMemo(() => ({ from: markIn, to: markOut }), [markIn, markOut]);
  const blocks = useMemo(() => blocksOf(segments), [segments]);
  const { video, sound } = trackHeights(room - (SEGMENTS - PLAN));
  const press = useScrubbing(width);
  useFrameChange("source", (frame) => {
    const now = sourceView(width);
    const next = follow(now.view, frame, now.frames);
    if (next.firstFrame !== now.view.firstFrame && !press.dragging()) now.show(next);
  });

  return (
    <section
      className="tl-lanes"
      aria-label="Lanes of the source"
      style={{ height: room }}
      data-testid="source-lanes"
      {...press.handlers}
    >
      <Lane height={OVERVIEW} header={<span className="lbl">Overview</span>}>
        <Overview blocks={blocks} sound={hasSound} lane={lane}>
          <OverviewPlayhead monitor="source" frames={frames} width={width} />
        </Overview>
      </Lane>
      <Lane
        height={RULER}
        lane="ruler"
        className="tl-ruler"
        header={<PlayheadTimecode monitor="source" rate={rate} startFrame={0} />}
      >
        <RulerLane view={stable} rate={rate} startFrame={0} marks={marks} frames={frames} />
      </Lane>
      <Lane
        height={SEGMENTS}
        lane="segments"
        header={<SegmentsHeader segments={segments} availability={availability} />}
      >
        {segments === undefined ? (
          <div className="tl-planning tl-segment" style={{ left: 0, width }} />
        ) : (
          segmentItems(segments.segments, stable).map((item) => (
            <Segment key={item.index} item={item} view={stable} away={awayWords(availability)} />
          ))
        )}
      </Lane>
      <Lane height={KEYS} lane="keys" header={<KeysHeader segments={segments} />}>
        <KeyFramesLane frames={keysInSight(segments, stable)} view={stable} />
      </Lane>
      <Lane height={video} lane="video" header={<span className="b5 cut">Picture</span>}>
        <VideoTrack
          items={items}
          selected={NONE}
          view={stable}
          rate={rate}
          plan={null}
          height={video}
          moving={null}
        />
      </Lane>
      {sound > 0 && (
        <Lane height={sound} lane="sound" header={<span className="b5 cut">Sound</span>}>
          {hasSound && (
            <SoundTrack
              items={items}
              selected={NONE}
              segments={known}
              rate={rate}
              view={stable}
              height={sound}
              moving={null}
            />
          )}
        </Lane>
      )}
      <Lane grow header={null} />
      <Lane height={16} className="tl-scroll-row" header={null}>
        <ScrollBar lane={lane} />
      </Lane>
      <div className="tl-over" style={{ left: HEADERS }}>
        <MarkedRange view={stable} markIn={markIn} markOut={markOut} frames={frames} />
        {segments !== undefined && <Gaps segments={segments} view={stable} />}
        <Playhead monitor="source" view={stable} />
      </div>
    </section>
  );
}

/** A press seeks the source monitor, dragging scrubs it; the keys go there too. */
function useScrubbing(width: number) {
  const dragged = useRef<number | null>(null);
  const line = useMemo(() => scrubber("source"), []);
  const frameOf = (event: PointerEvent<HTMLElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - HEADERS;
    const { view, frames } = sourceView(width);
    return clamp(frameAt(x, view), 0, Math.max(0, frames - 1));
  };
  const settle = () => {
    if (dragged.current !== null) line.settle(dragged.current);
    dragged.current = null;
  };
  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const onLane = event.target instanceof Element && event.target.closest("[data-lane]");
      if (event.button !== 0 || !onLane) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      useView.getState().setFocus("source");
      dragged.current = frameOf(event);
      line.scrub(dragged.current);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const frame = dragged.current === null ? null : frameOf(event);
      if (frame === null || frame === dragged.current) return;
      dragged.current = frame;
      line.scrub(frame);
    },
    onPointerUp: settle,
    onPointerCancel: settle,
  };
  return { handlers, dragging: () => dragged.current !== null };
}

function SegmentsHeader(props: {
  segments: FlowSegments | undefined;
  availability: Availability;
}): ReactNode {
  const { segments, availability } = props;
  if (segments === undefined) return <span className="lbl">Segments</span>;
  const { count: number, bytes, missing } = segmentSums(segments);
  return (
    <div className="col grow">
      <span className="row">
        <span className="lbl grow">Segments</span>
        <span className="f11 t2">{count(number, "segment")}</span>
      </span>
      <span className="row f11">
        <span className="t3 grow">{bytesWords(bytes)}</span>
        {missing > 0 && (
          <span className={availability === "online" ? "t2" : "warn"}>{missing} not here</span>
        )}
      </span>
    </div>
  );
}

function KeysHeader({ segments }: { segments: FlowSegments | undefined }): ReactNode {
  const number = segments?.keyFrames.length;
  return (
    <>
      <span className="lbl">Key frames</span>
      {number !== undefined && <span className="f11 t2 right">{number}</span>}
    </>
  );
}

/** Blocks narrower than this carry no words. */
const WORDS_PX = 72;

function Segment(props: {
  item: SegmentItem;
  view: Viewport;
  /** Where its object is when it is not here. */
  away: string;
}): ReactNode {
  const { item, view, away } = props;
  const { segment, count: number, here } = item;
  const left = Math.max(-2, item.left);
  const width = Math.max(1, Math.min(view.width + 2, item.left + item.width - 1) - left);
  const bytes = segment.bytes === null ? "size not known" : bytesWords(segment.bytes);
  const place = here ? bytes : away;
  const title =
    number > 1
      ? `${count(number, "segment")}, zoom in to tell them apart`
      : `${segment.objectId}\n${segment.timerange}\n${count(segment.frames, "frame")}, ${place}`;
  return (
    <div className={`tl-segment ${here ? "" : "gone"}`} style={{ left, width }} title={title}>
      {number === 1 && width >= WORDS_PX && (
        <>
          <span className="mono f10 cut">{segment.objectId}</span>
          <span className="f10 cut tl-segment-size">{place}</span>
        </>
      )}
    </div>
  );
}

function MarkedRange(props: {
  view: Viewport;
  markIn: number | null;
  markOut: number | null;
  frames: number;
}): ReactNode {
  const { view, markIn, markOut, frames } = props;
  if (markIn === null && markOut === null) return null;
  const left = xOf(markIn ?? 0, view);
  const right = xOf(markOut ?? frames, view);
  const classes = ["tl-marked-range", markIn !== null && "in", markOut !== null && "out"];
  return (
    <div
      className={classes.filter(Boolean).join(" ")}
      style={{ left, width: Math.max(1, right - left), top: OVERVIEW + RULER }}
      data-testid="marked-range"
    />
  );
}

/** Gaps take no frames: each is a line between two of them. */
function Gaps({ segments, view }: { segments: FlowSegments; view: Viewport }): ReactNode {
  return segments.gaps.map((gap) => {
    const x = xOf(gap.afterFrame + 1, view);
    if (x < 0 || x > view.width) return null;
    return (
      <div
        key={gap.afterFrame}
        className="tl-gap"
        style={{ left: x, top: OVERVIEW + RULER }}
        title={`Gap ${gap.timerange}`}
      >
        <span>Gap</span>
      </div>
    );
  });
}

function blocksOf(segments: FlowSegments | undefined): { at: number; frames: number }[] {
  if (segments === undefined) return [];
  return segments.segments.map(({ firstFrame, frames }) => ({ at: firstFrame, frames }));
}

function keysInSight(segments: FlowSegments | undefined, view: Viewport): readonly number[] {
  if (segments === undefined) return [];
  const { keyFrames } = segments;
  const to = view.firstFrame + view.width / view.pxPerFrame;
  return keyFrames.slice(atOrBehind(keyFrames, view.firstFrame - 1), atOrBehind(keyFrames, to + 1));
}

/** The flow drawn like a clip that takes all of it. */
function wholeFlow(
  flowId: string,
  sourceId: string,
  title: string,
  frames: number,
  rate: Rate | null,
  sound: boolean,
  problem: FailureView | null,
): LaneItem[] {
  const clip: ClipView = {
    id: flowId,
    title,
    flowId,
    sourceId,
    at: 0,
    frames,
    sourceFirst: 0,
    sourceFrames: frames,
    sourceFrameRate: rate,
    timerange: "",
    sound,
    head: null,
    tail: null,
    preview: false,
    problem,
  };
  return frames === 0 ? [] : [{ kind: "clip", clip, index: 0 }];
}
