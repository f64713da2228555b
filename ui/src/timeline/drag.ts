/**
 * What the pointer is doing on the timeline: nothing, about to drag, moving a clip, trimming one of
 * its ends, scrubbing the playhead or drawing a selection. A pure state machine: each event gives
 * the next state and what should happen; a drag is one edit, at its end. Esc takes everything back.
 */

import type { ClipView, FlowSegments, MarkerView, Rate, SequenceEdit } from "../backend/generated";
import {
  type ClipHit,
  clamp,
  clipsWithin,
  frameAt,
  jointAt,
  jointFrame,
  type Viewport,
  visibleSpan,
} from "./geometry";
import { isRetimed, pace, sourcePlace } from "./rates";
import { losslessCuts, markerPoints, type SnapPoint, snap } from "./snapping";

/** How far the pointer has to move before a press is a drag, in pixels. */
export const DRAG_PX = 4;

/** What was pressed. */
export type PressTarget = { on: "ruler" } | { on: "clip"; hit: ClipHit } | { on: "empty" };

/** Which end of a clip is trimmed. */
export type TrimSide = "head" | "tail";

/** A trim in the making. */
export interface Trim {
  clip: ClipView;
  side: TrimSide;
  /** First frame of the flow the clip would take. */
  first: number;
  /** Frames of the flow it would take. */
  frames: number;
  /** What the end has snapped to. */
  snapped: SnapPoint | null;
}

/** What the pointer is doing. */
export type DragState =
  | { kind: "idle" }
  | { kind: "pressed"; target: PressTarget; x: number; y: number; additive: boolean }
  | {
      kind: "moving";
      clip: ClipView;
      index: number;
      /** Frames between the clip's first and the pointer when it was taken. */
      grab: number;
      /** Where the clip would go: in front of the clip that is now at this index. */
      to: number;
      /** Sequence frame of the ghost's left edge; follows the pointer. */
      ghostAt: number;
    }
  | { kind: "trimming"; trim: Trim }
  | { kind: "scrubbing"; frame: number; origin: number; snapped: SnapPoint | null }
  | { kind: "marquee"; x0: number; x1: number; before: readonly string[]; additive: boolean };

/** What the pointer or the keyboard says. Pixels are counted from the lane's left edge. */
export type DragEvent =
  | { kind: "press"; target: PressTarget; x: number; y: number; additive: boolean }
  | {
      kind: "move";
      x: number;
      y: number;
      /** Snap the playhead too; other drags snap unless this is set. */
      shift: boolean;
    }
  | { kind: "release" }
  | { kind: "cancel" };

/** What should happen now. */
export type DragEffect =
  | { kind: "edit"; edit: SequenceEdit }
  | { kind: "select"; clips: string[] }
  | { kind: "scrub"; frame: number }
  | { kind: "seek"; frame: number };

/** What a drag has to know. */
export interface DragContext {
  clips: readonly ClipView[];
  /** Frames of the sequence. */
  frames: number;
  /** Its frame rate. */
  rate: Rate | null;
  view: Viewport;
  selected: readonly string[];
  /** Frame under the playhead. */
  playhead: number;
  /** Ends snap to cuts that break no GOP. */
  lossless: boolean;
  /** Of the clips' flows, as far as they are known. */
  segments: Readonly<Record<string, FlowSegments>>;
  /** Places the playhead can snap to, in sequence frames. */
  playheadPoints: () => SnapPoint[];
  /** Of the sequence. */
  markers: readonly MarkerView[];
  /** The marked part of the source monitor, when a flow is open there. */
  marks: { flowId: string; markIn: number | null; markOut: number | null } | null;
}

/** A step of the state machine. */
export interface DragStep {
  state: DragState;
  effects: DragEffect[];
}

/** Nothing going on. */
export const IDLE: DragState = { kind: "idle" };

/** The next state, and what should happen now. */
export function dragStep(state: DragState, event: DragEvent, context: DragContext): DragStep {
  switch (event.kind) {
    case "press":
      return press(event, context);
    case "move":
      return move(state, event, context);
    case "release":
      return release(state, context);
    case "cancel":
      return cancel(state);
  }
}

/** The edit that a trim stands for; `null` when nothing would change. */
export function trimEdit({ clip, first, frames }: Trim): SequenceEdit | null {
  if (first === clip.sourceFirst && frames === clip.sourceFrames) return null;
  return { kind: "trim", clip: clip.id, first, frames };
}

function press(event: DragEvent & { kind: "press" }, context: DragContext): DragStep {
  const { target, x, y, additive } = event;
  if (target.on === "ruler") {
    const frame = playheadFrame(x, context);
    return {
      state: { kind: "scrubbing", frame, origin: context.playhead, snapped: null },
      effects: [{ kind: "scrub", frame }],
    };
  }
  const effects: DragEffect[] = [];
  if (target.on === "clip") {
    const { id } = target.hit.clip;
    const selected = context.selected.includes(id);
    if (additive) effects.push({ kind: "select", clips: toggled(context.selected, id) });
    else if (!selected) effects.push({ kind: "select", clips: [id] });
  }
  return { state: { kind: "pressed", target, x, y, additive }, effects };
}

function move(
  state: DragState,
  event: DragEvent & { kind: "move" },
  context: DragContext,
): DragStep {
  switch (state.kind) {
    case "idle":
      return { state, effects: [] };
    case "pressed": {
      if (Math.hypot(event.x - state.x, event.y - state.y) < DRAG_PX) {
        return { state, effects: [] };
      }
      const begun = begin(state, context);
      return begun === null ? { state, effects: [] } : move(begun, event, context);
    }
    case "moving":
      return { state: moved(state, event.x, context), effects: [] };
    case "trimming": {
      const { clip, side } = state.trim;
      return {
        state: { kind: "trimming", trim: trimmed(clip, side, event, context) },
        effects: [],
      };
    }
    case "scrubbing": {
      const point = event.shift ? snapPlayhead(event.x, context) : null;
      const frame = clampFrame(point?.frame ?? playheadFrame(event.x, context), context);
      if (frame === state.frame) return { state: { ...state, snapped: point }, effects: [] };
      return {
        state: { ...state, frame, snapped: point },
        effects: [{ kind: "scrub", frame }],
      };
    }
    case "marquee": {
      const inside = clipsWithin(context.clips, state.x0, event.x, context.view);
      const clips = state.additive ? [...new Set([...state.before, ...inside])] : inside;
      return { state: { ...state, x1: event.x }, effects: [{ kind: "select", clips }] };
    }
  }
}

function release(state: DragState, context: DragContext): DragStep {
  const done = (effects: DragEffect[]): DragStep => ({ state: IDLE, effects });
  switch (state.kind) {
    case "idle":
    case "marquee":
      return done([]);
    case "pressed": {
      if (state.target.on === "empty") {
        return done(state.additive ? [] : [{ kind: "select", clips: [] }]);
      }
      // A plain click on one of several selected clips leaves only that one.
      const several = !state.additive && context.selected.length > 1;
      const clip = state.target.on === "clip" ? state.target.hit.clip : null;
      return done(several && clip !== null ? [{ kind: "select", clips: [clip.id] }] : []);
    }
    case "moving": {
      const { clip, index, to } = state;
      const stays = to === index || to === index + 1;
      return done(stays ? [] : [{ kind: "edit", edit: { kind: "move", clip: clip.id, to } }]);
    }
    case "trimming": {
      const edit = trimEdit(state.trim);
      return done(edit === null ? [] : [{ kind: "edit", edit }]);
    }
    case "scrubbing":
      return done([{ kind: "seek", frame: state.frame }]);
  }
}

function cancel(state: DragState): DragStep {
  switch (state.kind) {
    case "scrubbing":
      return { state: IDLE, effects: [{ kind: "seek", frame: state.origin }] };
    case "marquee":
      return { state: IDLE, effects: [{ kind: "select", clips: [...state.before] }] };
    default:
      return { state: IDLE, effects: [] };
  }
}

/** What a press becomes once the pointer has moved. */
function begin(state: DragState & { kind: "pressed" }, context: DragContext): DragState | null {
  const { target } = state;
  if (target.on === "ruler") return null;
  if (target.on === "empty") {
    return {
      kind: "marquee",
      x0: state.x,
      x1: state.x,
      before: state.additive ? context.selected : [],
      additive: state.additive,
    };
  }
  const { clip, index, zone } = target.hit;
  if (zone !== "body") {
    const { sourceFirst: first, sourceFrames: frames } = clip;
    return { kind: "trimming", trim: { clip, side: zone, first, frames, snapped: null } };
  }
  const grab = context.view.firstFrame + state.x / context.view.pxPerFrame - clip.at;
  return { kind: "moving", clip, index, grab, to: index, ghostAt: clip.at };
}

function moved(
  state: DragState & { kind: "moving" },
  x: number,
  { clips, view }: DragContext,
): DragState {
  const pointer = view.firstFrame + x / view.pxPerFrame;
  return { ...state, to: jointAt(clips, Math.floor(pointer)), ghostAt: pointer - state.grab };
}

/** The trim with its end at the pointer, held to what the flow has, snapped to what is near. */
function trimmed(
  clip: ClipView,
  side: TrimSide,
  event: { x: number; shift: boolean },
  context: DragContext,
): Trim {
  const { view, rate } = context;
  // Boundaries are counted in frames of the flow from here on.
  const pointer = sourcePlace(clip, rate, view.firstFrame + event.x / view.pxPerFrame, side);
  const end = clip.sourceFirst + clip.sourceFrames;
  // How far the flow reaches is known once its segments are; until then the clip does not grow.
  const flowEnd = context.segments[clip.flowId]?.frames ?? end;
  const [low, high] =
    side === "head" ? [0, end - 1] : [clip.sourceFirst + 1, Math.max(end, flowEnd)];
  const points = trimPoints(clip, side, context).filter((p) => p.frame >= low && p.frame <= high);
  const snapped = event.shift ? null : snap(pointer, points, view.pxPerFrame / pace(clip, rate));
  const edge = clamp(snapped?.frame ?? Math.round(pointer), low, high);
  return side === "head"
    ? { clip, side, first: edge, frames: end - edge, snapped }
    : { clip, side, first: clip.sourceFirst, frames: edge - clip.sourceFirst, snapped };
}

function trimPoints(clip: ClipView, side: TrimSide, context: DragContext): SnapPoint[] {
  const { playhead, rate } = context;
  const under = Math.round(sourcePlace(clip, rate, playhead, side));
  const points: SnapPoint[] = [{ frame: under, kind: "playhead" }];
  for (const { frame, kind } of markerPoints(context.markers, visibleSpan(context.view))) {
    points.push({ frame: Math.round(sourcePlace(clip, rate, frame, side)), kind });
  }
  const flow = context.segments[clip.flowId];
  // Where every frame is encoded no cut is without loss.
  const lossless = context.lossless && !isRetimed(clip, rate);
  if (lossless && flow !== undefined) points.push(...losslessCuts(flow));
  const { marks } = context;
  if (marks !== null && marks.flowId === clip.flowId) {
    if (marks.markIn !== null) points.push({ frame: marks.markIn, kind: "mark in" });
    if (marks.markOut !== null) points.push({ frame: marks.markOut, kind: "mark out" });
  }
  return points;
}

function snapPlayhead(x: number, context: DragContext): SnapPoint | null {
  const { view } = context;
  const pointer = view.firstFrame + x / view.pxPerFrame;
  return snap(pointer, context.playheadPoints(), view.pxPerFrame);
}

function playheadFrame(x: number, context: DragContext): number {
  return clampFrame(frameAt(x, context.view), context);
}

function clampFrame(frame: number, { frames }: DragContext): number {
  return clamp(frame, 0, Math.max(0, frames - 1));
}

function toggled(selected: readonly string[], id: string): string[] {
  return selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id];
}

/** Sequence frame of the joint a moved clip would go to; `null` where it would stay. */
export function moveTarget(state: DragState, clips: readonly ClipView[]): number | null {
  if (state.kind !== "moving") return null;
  const stays = state.to === state.index || state.to === state.index + 1;
  return stays ? null : jointFrame(clips, state.to);
}
