/** The ruler: which timecodes get a tick and a label at a zoom, drop-frame counting included. */

import type { Rate } from "../backend/generated";
import { type Counting, countingOf, timecode } from "../time/timecode";
import { type Viewport, visibleSpan, xOf } from "./geometry";

/** How far labels are apart at least, in pixels. */
const LABEL_PX = 96;

/** How far ticks are apart at least, in pixels. */
const TICK_PX = 7;

/** Steps of whole seconds that people count in. */
const SECOND_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
];

/** A tick of the ruler. */
export interface Tick {
  /** Frame of the lane, counted from its first. */
  frame: number;
  /** Pixels from the lane's left edge. */
  x: number;
  /** `label` ticks carry their timecode, `half` ones stand halfway between two of them. */
  size: "label" | "half" | "small";
  /** Timecode of a `label` tick; empty for the others. */
  label: string;
}

/** Distances of ticks, in numbers of timecode: frames, those that drop-frame leaves out included. */
export interface TickSteps {
  label: number;
  small: number;
}

/** The steps that fit a zoom. */
export function tickSteps(pxPerFrame: number, { base }: Counting): TickSteps {
  const steps = stepsOf(base);
  const coarsest = steps.at(-1) ?? base;
  const label = steps.find((step) => step * pxPerFrame >= LABEL_PX) ?? coarsest;
  const small = steps.find((step) => step * pxPerFrame >= TICK_PX && label % step === 0) ?? label;
  return { label, small };
}

/**
 * The ticks in sight. `startFrame` is the timecode of frame 0, in frames. Where drop-frame leaves a
 * number out, its tick stands at the first one that exists.
 */
export function ticks(view: Viewport, rate: Rate | null, startFrame: number): Tick[] {
  const counting = countingOf(rate);
  const steps = tickSteps(view.pxPerFrame, counting);
  // A label that begins left of the edge still reaches into sight.
  const { from, to } = visibleSpan(view);
  const first = startFrame + from - Math.ceil(LABEL_PX / view.pxPerFrame);
  const found: Tick[] = [];
  for (
    let number = firstNumber(first, steps.small, counting);
    frameOf(number, counting) < startFrame + to;
    number += steps.small
  ) {
    const absolute = frameOf(number, counting);
    const frame = absolute - startFrame;
    if (frame < 0 || found.at(-1)?.frame === frame) continue;
    const size = sizeOf(number, steps);
    const label = size === "label" ? timecode(absolute, rate) : "";
    found.push({ frame, x: xOf(frame, view), size, label });
  }
  return found;
}

/** Every step: the divisors of a second in frames, then whole seconds, in frames. */
function stepsOf(base: number): number[] {
  const within: number[] = [];
  for (let frames = 1; frames < base; frames += 1) {
    if (base % frames === 0) within.push(frames);
  }
  return [...within, ...SECOND_STEPS.map((seconds) => seconds * base)];
}

function sizeOf(number: number, { label, small }: TickSteps): Tick["size"] {
  if (number % label === 0) return "label";
  const half = label / 2;
  return half % small === 0 && number % half === 0 ? "half" : "small";
}

/** The last multiple of `step` whose frame is not behind `frame`, but never below 0. */
function firstNumber(frame: number, step: number, { base, drop }: Counting): number {
  if (frame <= 0) return 0;
  const tenMinutes = base * 600;
  const estimate = Math.floor((frame * tenMinutes) / (tenMinutes - 9 * drop));
  // The estimate is less than a minute's dropped numbers too high or too low.
  return Math.max(0, (Math.floor((estimate - 2 * drop) / step) - 1) * step);
}

/** The frame that a number of timecode stands for; the next one when the number is left out. */
function frameOf(number: number, { base, drop }: Counting): number {
  if (drop === 0) return number;
  const minutes = Math.floor(number / (base * 60));
  const inMinute = number - minutes * base * 60;
  const existing = minutes % 10 !== 0 && inMinute < drop ? number + drop - inMinute : number;
  return existing - drop * (minutes - Math.floor(minutes / 10));
}
