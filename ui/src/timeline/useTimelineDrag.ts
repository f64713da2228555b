/** The pointer on the sequence's lanes: feeds the drag's state machine and does what it says. */

import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import type { MonitorName } from "../backend/generated";
import { latest } from "../panels/monitor/latest";
import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { shownFrame } from "../state/playhead";
import { useView } from "../state/view";
import {
  type DragContext,
  type DragEffect,
  type DragEvent,
  type DragState,
  dragStep,
  IDLE,
  type PressTarget,
} from "./drag";
import { EdgeScroll } from "./edgeScroll";
import { edgeAt, hitClip, visibleSpan } from "./geometry";
import { sequenceView } from "./laneView";
import { isRetimed, showsFrom } from "./rates";
import {
  clipEdges,
  clipKeyFrames,
  losslessCuts,
  markerPoints,
  type SnapPoint,
  snap,
} from "./snapping";
import { scrollBy } from "./zoom";

/** What the lanes hand to React, and what is going on. */
export interface TimelineDrag {
  state: DragState;
  onPointerDown(event: PointerEvent<HTMLElement>): void;
  onPointerMove(event: PointerEvent<HTMLElement>): void;
  onPointerUp(event: PointerEvent<HTMLElement>): void;
  onPointerCancel(): void;
}

/** Lanes that scrub when pressed; the tracks select, move and trim. */
const SCRUBBED = new Set(["ruler", "plan", "keys"]);

/** `laneWidth`: pixels of the lanes; `headers`: pixels left of them. */
export function useTimelineDrag(laneWidth: number, headers: number): TimelineDrag {
  const [state, setState] = useState<DragState>(IDLE);
  const now = useRef<DragState>(IDLE);
  const width = useRef(laneWidth);
  width.current = laneWidth;

  const machine = useMemo(() => {
    const { scrub, settle } = scrubber("record");
    const perform = (effect: DragEffect) => {
      switch (effect.kind) {
        case "edit":
          return void act.edit(effect.edit);
        case "select":
          return useView.getState().selectClips(effect.clips);
        case "scrub":
          return scrub(effect.frame);
        case "seek":
          return settle(effect.frame);
      }
    };
    const send = (event: DragEvent) => {
      const step = dragStep(now.current, event, contextOf(width.current));
      if (step.state !== now.current) setState(step.state);
      now.current = step.state;
      for (const effect of step.effects) perform(effect);
    };
    let pointer: { x: number; y: number; shift: boolean } = { x: 0, y: 0, shift: false };
    const edges = new EdgeScroll((pixels) => {
      const lane = sequenceView(width.current);
      lane.show(scrollBy(lane.view, pixels, lane.frames));
      send({ kind: "move", ...pointer });
    });
    const end = (kind: "release" | "cancel") => {
      edges.stop();
      send({ kind });
    };
    const move = (x: number, y: number, shift: boolean) => {
      pointer = { x, y, shift };
      send({ kind: "move", ...pointer });
      if (now.current.kind !== "idle" && now.current.kind !== "pressed") {
        edges.at(x, width.current);
      }
    };
    return { send, move, end, edges };
  }, []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || now.current.kind === "idle") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      machine.end("cancel");
    };
    window.addEventListener("keydown", onKey, true);
    return () => {
      window.removeEventListener("keydown", onKey, true);
      machine.edges.stop();
    };
  }, [machine]);

  return {
    state,
    onPointerDown(event) {
      if (event.button !== 0 || !(event.target instanceof Element)) return;
      const lane = event.target.closest<HTMLElement>("[data-lane]")?.dataset.lane;
      // A marker on the ruler is pressed by itself.
      if (lane === undefined || event.target.closest("[data-marker]") !== null) return;
      const { x, y } = place(event, headers);
      const target = targetAt(lane, x, laneWidth);
      if (target.on === "clip" && useView.getState().timeline.tool === "split") {
        return splitAt(x, laneWidth);
      }
      event.currentTarget.setPointerCapture(event.pointerId);
      const additive = event.shiftKey || event.ctrlKey || event.metaKey;
      machine.send({ kind: "press", target, x, y, additive });
    },
    onPointerMove(event) {
      if (now.current.kind === "idle") return;
      const { x, y } = place(event, headers);
      machine.move(x, y, event.shiftKey);
    },
    onPointerUp() {
      if (now.current.kind !== "idle") machine.end("release");
    },
    onPointerCancel() {
      if (now.current.kind !== "idle") machine.end("cancel");
    },
  };
}

/** Scrubs with the newest frame only, one request at a time; `settle` ends with a seek. */
export function scrubber(monitor: MonitorName): {
  scrub(frame: number): void;
  settle(frame: number): void;
} {
  const line = latest((move: { kind: "scrub" | "seek"; frame: number }) =>
    act.transport(monitor, move),
  );
  return {
    scrub: (frame) => line.send({ kind: "scrub", frame }),
    settle: (frame) => line.send({ kind: "seek", frame }),
  };
}

function targetAt(lane: string, x: number, laneWidth: number): PressTarget {
  const { clips } = useDesk.getState().sequence;
  if (SCRUBBED.has(lane)) return { on: "ruler" };
  const hit = hitClip(clips, x, sequenceView(laneWidth).view);
  return hit === null ? { on: "empty" } : { on: "clip", hit };
}

/** Everything a drag has to know, as it is now. */
function contextOf(laneWidth: number): DragContext {
  const { sequence, segments, source } = useDesk.getState();
  const { selectedClips, timeline } = useView.getState();
  const { view } = sequenceView(laneWidth);
  return {
    clips: sequence.clips,
    frames: sequence.frames,
    rate: sequence.frameRate,
    view,
    selected: selectedClips,
    playhead: shownFrame("record"),
    lossless: timeline.snap,
    segments,
    playheadPoints: () => {
      const within = visibleSpan(view);
      const keys = clipKeyFrames(sequence.clips, sequence.frameRate, segments, within);
      return [
        ...clipEdges(sequence.clips, within),
        ...markerPoints(sequence.markers, within),
        ...keys.map((frame): SnapPoint => ({ frame, kind: "key frame" })),
      ];
    },
    markers: sequence.markers,
    marks:
      source.flowId === null
        ? null
        : { flowId: source.flowId, markIn: source.markIn, markOut: source.markOut },
  };
}

/** Splits the clip under the pointer, at a cut that breaks no GOP when one is near. */
function splitAt(x: number, laneWidth: number): void {
  const { sequence, segments } = useDesk.getState();
  const { view } = sequenceView(laneWidth);
  const hit = hitClip(sequence.clips, x, view);
  if (hit === null) return;
  const { clip } = hit;
  const { frameRate: rate } = sequence;
  const flow = segments[clip.flowId];
  const lossless = useView.getState().timeline.snap && !isRetimed(clip, rate);
  const points: SnapPoint[] = [
    { frame: shownFrame("record"), kind: "playhead" },
    ...markerPoints(sequence.markers, visibleSpan(view)),
  ];
  if (lossless && flow !== undefined) {
    const cuts = losslessCuts(flow);
    points.push(...cuts.map((cut) => ({ ...cut, frame: showsFrom(clip, rate, cut.frame) })));
  }
  const inside = points.filter(({ frame }) => frame > clip.at && frame < clip.at + clip.frames);
  const pointer = view.firstFrame + x / view.pxPerFrame;
  const at = snap(pointer, inside, view.pxPerFrame)?.frame ?? edgeAt(x, view);
  if (at > clip.at && at < clip.at + clip.frames) void act.edit({ kind: "split", at });
}

function place(event: PointerEvent<HTMLElement>, headers: number): { x: number; y: number } {
  const box = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - box.left - headers, y: event.clientY - box.top };
}
