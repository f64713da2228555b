/** The lanes of the sequence: overview, ruler, cut plan, key frames, video and its sound. */

import { type ReactNode, useCallback, useEffect, useMemo, useRef } from "react";
import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { shownFrame } from "../state/playhead";
import { useView } from "../state/view";
import { ClipList } from "./ClipList";
import { CutPlanLane, CutPlanWords } from "./CutPlanLane";
import { insideOf, useCarry } from "./carry";
import { DragOverlay, PlaceOverlay, type Rows } from "./DragOverlay";
import { EmptyTimeline } from "./EmptyTimeline";
import { frameAt, framesAcross, hitClip, laneItems, visibleSpan, xOf } from "./geometry";
import { KeyFramesLane } from "./KeyFramesLane";
import { Lane } from "./Lane";
import { type LaneView, sequenceView } from "./laneView";
import { MarkerFlags } from "./MarkerFlags";
import { Overview } from "./Overview";
import { OverviewPlayhead, Playhead, PlayheadTimecode, useFrameChange } from "./Playhead";
import { placeAt } from "./place";
import { currentPlan } from "./planLane";
import { RulerLane } from "./RulerLane";
import { shownAt } from "./rates";
import { ABOVE_TRACKS, HEADERS, KEYS, OVERVIEW, PLAN, RULER, trackHeights } from "./rows";
import { ScrollBar } from "./ScrollBar";
import { SoundTrack } from "./SoundTrack";
import { clipKeyFrames } from "./snapping";
import { TransitionBoxes } from "./TransitionBoxes";
import { useTimelineDrag } from "./useTimelineDrag";
import { VideoTrack } from "./VideoTrack";
import { follow, scrollTo } from "./zoom";

/** `room`: pixels from the overview to the scroll bar that nothing covers. */
export function SequenceTimeline({ lane, room }: { lane: LaneView; room: number }): ReactNode {
  const { view } = lane;
  const { width, pxPerFrame, firstFrame } = view;
  const sequence = useDesk((state) => state.sequence);
  const planState = useDesk((state) => state.plan);
  const segments = useDesk((state) => state.segments);
  const selectedClips = useView((state) => state.selectedClips);
  const splitting = useView((state) => state.timeline.tool === "split");
  const root = useRef<HTMLDivElement>(null);
  const from = useDesk((state) => state.record.markIn);
  const to = useDesk((state) => state.record.markOut);
  const marks = useMemo(() => ({ from, to }), [from, to]);
  const drag = useTimelineDrag(width, HEADERS);

  const { clips, frames, frameRate: rate, startFrame, revision } = sequence;
  const plan = currentPlan(planState, revision);
  const selected = useMemo(() => new Set(selectedClips), [selectedClips]);
  const stable = useMemo(
    () => ({ width, pxPerFrame, firstFrame }),
    [width, pxPerFrame, firstFrame],
  );
  const items = useMemo(() => laneItems(clips, stable, selected), [clips, stable, selected]);
  const keyFrames = useMemo(
    () => clipKeyFrames(clips, rate, segments, visibleSpan(stable)),
    [clips, rate, segments, stable],
  );
  const { video, sound } = trackHeights(room);
  const rows: Rows = {
    trackTop: ABOVE_TRACKS,
    videoHeight: video,
    bottom: ABOVE_TRACKS + video + sound,
  };
  const moving = drag.state.kind === "moving" ? drag.state.clip.id : null;
  const hasSound = clips.some((clip) => clip.sound);

  useNeededSegments();
  useFollowing(width, drag.state.kind !== "idle");
  const reveal = useCallback((index: number) => revealClip(index, width), [width]);

  return (
    <section
      className={`tl-lanes ${splitting ? "tl-splitting" : ""} ${cursorClass(drag.state.kind)}`}
      ref={root}
      aria-label="Lanes of the sequence"
      style={{ height: room }}
      onPointerDown={drag.onPointerDown}
      onPointerMove={(event) => {
        drag.onPointerMove(event);
        showHandle(event.currentTarget, event.target, event.clientX, width);
      }}
      onPointerUp={drag.onPointerUp}
      onPointerCancel={drag.onPointerCancel}
      onDoubleClick={(event) => openUnder(event.currentTarget, event.clientX, event.clientY, width)}
      data-testid="timeline-lanes"
    >
      <Lane height={OVERVIEW} header={<span className="lbl">Overview</span>}>
        <Overview blocks={clips} sound={hasSound} lane={lane}>
          <OverviewPlayhead monitor="record" frames={frames} width={width} />
        </Overview>
      </Lane>
      <Lane
        height={RULER}
        lane="ruler"
        className="tl-ruler"
        header={<PlayheadTimecode monitor="record" rate={rate} startFrame={startFrame} />}
      >
        <RulerLane
          view={stable}
          rate={rate}
          startFrame={startFrame}
          marks={marks}
          frames={frames}
        />
        <MarkerFlags view={stable} rate={rate} startFrame={startFrame} />
      </Lane>
      <Lane
        height={PLAN}
        lane="plan"
        header={
          <>
            <span className="lbl">Cut plan</span>
            <CutPlanWords plan={planState} sequence={sequence} />
          </>
        }
      >
        <CutPlanLane plan={planState} sequence={sequence} view={stable} />
      </Lane>
      <Lane height={KEYS} lane="keys" header={<span className="lbl">Key frames</span>}>
        <KeyFramesLane frames={keyFrames} view={stable} />
      </Lane>
      <Lane height={video} lane="video" header={<TrackHeader id="V1" name="Video 1" />}>
        <VideoTrack
          items={items}
          selected={selected}
          view={stable}
          rate={rate}
          plan={plan}
          height={video}
          moving={moving}
        />
        <TransitionBoxes clips={clips} view={stable} />
      </Lane>
      {sound > 0 && (
        <Lane height={sound} lane="sound" header={<TrackHeader id="A1" name="Sync sound" />}>
          <SoundTrack
            items={items}
            selected={selected}
            segments={segments}
            rate={rate}
            view={stable}
            height={sound}
            moving={moving}
          />
        </Lane>
      )}
      <Lane grow lane="rest" header={null} />
      <Lane height={16} className="tl-scroll-row" header={null}>
        <ScrollBar lane={lane} />
      </Lane>
      <div className="tl-over" style={{ left: HEADERS }}>
        {clips.length > 0 && <Playhead monitor="record" view={stable} />}
        <DragOverlay
          state={drag.state}
          clips={clips}
          segments={segments}
          view={stable}
          rate={rate}
          startFrame={startFrame}
          rows={rows}
        />
        {clips.length > 0 && <CarriedOver root={root} lane={lane} rows={rows} />}
      </div>
      {clips.length === 0 ? <EmptyOver root={root} /> : null}
      <ClipList sequence={sequence} plan={plan} selected={selected} reveal={reveal} />
    </section>
  );
}

function TrackHeader({ id, name }: { id: string; name: string }): ReactNode {
  return (
    <>
      <span className="tl-patch">{id}</span>
      <span className="b5 cut">{name}</span>
    </>
  );
}

function cursorClass(kind: string): string {
  if (kind === "moving") return "tl-grabbing";
  return kind === "trimming" ? "tl-trimming" : "";
}

/** Selects a clip and scrolls so far that it is in sight. */
export function revealClip(index: number, width: number): void {
  const clip = useDesk.getState().sequence.clips[index];
  if (clip === undefined) return;
  useView.getState().selectClips([clip.id]);
  const lane = sequenceView(width);
  const left = xOf(clip.at, lane.view);
  const right = xOf(clip.at + clip.frames, lane.view);
  if (left < width && right > 0 && (left >= 0 || right <= width)) return;
  const room = Math.max(0, framesAcross(lane.view) - clip.frames) / 2;
  lane.show(scrollTo(lane.view, clip.at - room, lane.frames));
}

/** The segments of the flows that are cut are needed for key frames, trims and waves. */
function useNeededSegments(): void {
  const clips = useDesk((state) => state.sequence.clips);
  const segments = useDesk((state) => state.segments);
  useEffect(() => {
    const { segmentFailures, loadSegments } = useDesk.getState();
    for (const flowId of new Set(clips.map((clip) => clip.flowId))) {
      if (segments[flowId] === undefined && segmentFailures[flowId] === undefined) {
        void loadSegments(flowId);
      }
    }
  }, [clips, segments]);
}

/** Keeps the playhead in sight when the picture changes, but not against a dragging hand. */
function useFollowing(width: number, dragging: boolean): void {
  useFrameChange("record", (frame) => {
    if (dragging || width === 0) return;
    const lane = sequenceView(width);
    const next = follow(lane.view, frame, lane.frames);
    if (next.firstFrame !== lane.view.firstFrame) lane.show(next);
  });
}

function CarriedOver(props: {
  root: React.RefObject<HTMLElement | null>;
  lane: LaneView;
  rows: Rows;
}): ReactNode {
  const carry = useCarry();
  const sequence = useDesk((state) => state.sequence);
  const { root, lane, rows } = props;
  const x = carry.carried === null ? null : insideOf(root.current, carry.x, carry.y);
  if (carry.carried === null || x === null) return null;
  const at = x - HEADERS;
  return (
    <PlaceOverlay
      place={placeAt(
        sequence.clips,
        at,
        lane.view,
        shownFrame("record"),
        carry.overwrite,
        sequence.markers,
      )}
      carried={carry.carried}
      view={lane.view}
      rate={sequence.frameRate}
      startFrame={sequence.startFrame}
      rows={rows}
    />
  );
}

function EmptyOver({ root }: { root: React.RefObject<HTMLElement | null> }): ReactNode {
  const carry = useCarry();
  const over = carry.carried !== null && insideOf(root.current, carry.x, carry.y) !== null;
  return <EmptyTimeline over={over} />;
}

/** The lanes with clips in them. */
const TRACKS = "[data-lane=video], [data-lane=sound]";

/** A double click on a clip opens its flow in the source monitor at the frame under the pointer. */
function openUnder(root: HTMLElement, x: number, y: number, width: number): void {
  // The lanes hold the pointer while it is pressed, so the event itself does not tell the lane.
  if (!document.elementFromPoint(x, y)?.closest(TRACKS)) return;
  const lane = x - root.getBoundingClientRect().left - HEADERS;
  const { view } = sequenceView(width);
  const hit = hitClip(useDesk.getState().sequence.clips, lane, view);
  if (hit === null) return;
  const { clip } = hit;
  const { frameRate } = useDesk.getState().sequence;
  void act.openFlow(clip.flowId, shownAt(clip, frameRate, frameAt(lane, view)));
}

/** The pointer says what a press would do: trim at a clip's ends. */
function showHandle(root: HTMLElement, target: EventTarget, x: number, width: number): void {
  const onTrack = target instanceof Element && target.closest(TRACKS) !== null;
  const lane = x - root.getBoundingClientRect().left - HEADERS;
  const hit = onTrack
    ? hitClip(useDesk.getState().sequence.clips, lane, sequenceView(width).view)
    : null;
  const zone = hit?.zone ?? "";
  if (root.dataset.zone !== zone) root.dataset.zone = zone;
}
