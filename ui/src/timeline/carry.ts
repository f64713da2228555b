/**
 * Carrying a part of a flow to the timeline with the pointer. Any element with `data-carry` can be
 * taken: its value is the id of the flow, or `marked` for the marked part of the source monitor.
 * Pointer events rather than drag and drop of the page, which files dropped on the window need.
 */

import { create } from "zustand";
import type { FlowPart } from "../backend/generated";
import { markedPart } from "../keymap/deeds";
import { findFlow, useDesk } from "../state/desk";
import { useView } from "../state/view";
import { sequenceFrames } from "./rates";

/** What is carried. */
export interface Carried {
  part: FlowPart;
  title: string;
  /** Sequence frames of it; `null` when the flow's length in frames is not known yet. */
  frames: number | null;
}

interface Carry {
  carried: Carried | null;
  /** Where the pointer is, in pixels of the page. */
  x: number;
  y: number;
  /** The part is to replace what is under it. */
  overwrite: boolean;
}

const EMPTY: Carry = { carried: null, x: 0, y: 0, overwrite: false };

/** What the pointer carries now. */
export const useCarry = create<Carry>()(() => EMPTY);

/** How far the pointer has to move before something is taken, in pixels. */
const TAKE_PX = 6;

/** What is dropped where. */
export type Drop = (carried: Carried, x: number, y: number, overwrite: boolean) => void;

/** What an element with this `data-carry` stands for; `null` when there is nothing to carry. */
export function carriedOf(value: string): Carried | null {
  const { source, sources, segments, sequence } = useDesk.getState();
  const part = value === "marked" ? markedPart() : { flowId: value, markIn: null, markOut: null };
  if (part === null || part.flowId === "") return null;
  const open = source.flowId === part.flowId ? source.frames : null;
  const length = segments[part.flowId]?.frames ?? open;
  const end = part.markOut ?? length;
  const found = findFlow(sources, part.flowId);
  const title = found?.source.title ?? source.title;
  if (end === null) return { part, title, frames: null };
  const taken = Math.max(1, end - (part.markIn ?? 0));
  const rate = segments[part.flowId]?.frameRate ?? found?.flow.frameRate ?? null;
  return { part, title, frames: sequenceFrames(taken, rate, sequence.frameRate) };
}

/** Lets things be carried until the function that it answers is called. */
export function allowCarrying(drop: Drop): () => void {
  let pressed: { x: number; y: number; value: string; pointer: number } | null = null;

  const stop = () => {
    pressed = null;
    if (useCarry.getState().carried !== null) useCarry.setState(EMPTY);
  };
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    // Controls inside of what can be carried keep the pointer.
    const taken = event.target.closest<HTMLElement>("[data-carry], button, input, [role=slider]");
    const value = taken?.dataset.carry;
    if (value === undefined) return;
    pressed = { x: event.clientX, y: event.clientY, value, pointer: event.pointerId };
  };
  const onMove = (event: PointerEvent) => {
    if (pressed === null || event.pointerId !== pressed.pointer) return;
    const { carried } = useCarry.getState();
    const far = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) >= TAKE_PX;
    if (carried === null && !far) return;
    const now = carried ?? carriedOf(pressed.value);
    if (now === null) return stop();
    // What is carried goes into the sequence, so that is what the timeline shows.
    if (carried === null) useView.getState().setTab("sequence");
    const overwrite = event.altKey || event.ctrlKey || event.metaKey;
    useCarry.setState({ carried: now, x: event.clientX, y: event.clientY, overwrite });
  };
  const onUp = (event: PointerEvent) => {
    const { carried, overwrite } = useCarry.getState();
    if (carried !== null) {
      drop(carried, event.clientX, event.clientY, overwrite);
      swallowClick();
    }
    stop();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || useCarry.getState().carried === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    stop();
  };

  window.addEventListener("pointerdown", onDown, true);
  window.addEventListener("pointermove", onMove, true);
  window.addEventListener("pointerup", onUp, true);
  window.addEventListener("pointercancel", stop, true);
  window.addEventListener("keydown", onKey, true);
  return () => {
    stop();
    window.removeEventListener("pointerdown", onDown, true);
    window.removeEventListener("pointermove", onMove, true);
    window.removeEventListener("pointerup", onUp, true);
    window.removeEventListener("pointercancel", stop, true);
    window.removeEventListener("keydown", onKey, true);
  };
}

/** The click that ends a carry is none for what lies under the pointer. */
function swallowClick(): void {
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener("click", swallow, { capture: true, once: true });
  // Where the pointer went up over another element there is no click at all.
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
}

/** Pixels from the left edge of an element; `null` when the pointer is beside it. */
export function insideOf(element: HTMLElement | null, x: number, y: number): number | null {
  if (element === null) return null;
  const box = element.getBoundingClientRect();
  const inside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  return inside ? x - box.left : null;
}
