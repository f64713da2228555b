import { describe, expect, it } from "vitest";
import { countingOf } from "../time/timecode";
import type { Viewport } from "./geometry";
import { tickSteps, ticks } from "./ruler";

const PAL = { numerator: 25, denominator: 1 };
const DROP = { numerator: 30_000, denominator: 1001 };

function labels(view: Viewport, rate: typeof PAL, start = 0): [number, string][] {
  return ticks(view, rate, start)
    .filter((tick) => tick.size === "label")
    .map((tick) => [tick.frame, tick.label]);
}

describe("steps", () => {
  it("are the reference's: a label each 10 s, a tick each second", () => {
    expect(tickSteps(0.514, countingOf(PAL))).toEqual({ label: 250, small: 25 });
  });

  it("keep labels apart at any zoom, and every label on a tick", () => {
    for (const rate of [PAL, DROP, { numerator: 24, denominator: 1 }]) {
      for (let zoom = 0.002; zoom < 40; zoom *= 1.37) {
        const steps = tickSteps(zoom, countingOf(rate));
        expect(steps.label * zoom).toBeGreaterThanOrEqual(96);
        expect(steps.small * zoom).toBeGreaterThanOrEqual(7);
        expect(steps.label % steps.small).toBe(0);
      }
    }
  });

  it("count single frames when there is room for them", () => {
    expect(tickSteps(32, countingOf(PAL))).toEqual({ label: 5, small: 1 });
  });
});

describe("ticks", () => {
  it("start at the sequence's own timecode", () => {
    const found = labels({ width: 400, pxPerFrame: 0.514, firstFrame: 0 }, PAL, 900_000);
    expect(found).toEqual([
      [0, "10:00:00:00"],
      [250, "10:00:10:00"],
      [500, "10:00:20:00"],
      [750, "10:00:30:00"],
    ]);
  });

  it("stand on round timecodes when the start is not round", () => {
    const found = labels({ width: 300, pxPerFrame: 0.514, firstFrame: 0 }, PAL, 900_100);
    expect(found[0]).toEqual([150, "10:00:10:00"]);
  });

  it("in drop-frame stand on the numbers that exist", () => {
    const view = { width: 400, pxPerFrame: 0.06, firstFrame: 0 };
    expect(labels(view, DROP)).toEqual([
      [0, "00:00:00;00"],
      [1800, "00:01:00;02"],
      [3598, "00:02:00;02"],
      [5396, "00:03:00;02"],
    ]);
  });

  it("in drop-frame are right hours in, and none is missing or double", () => {
    // 10:00:00;00 is frame 1,078,920; the tenth minutes keep all their numbers.
    const view = { width: 800, pxPerFrame: 0.0062, firstFrame: 1_078_920 };
    const found = labels(view, DROP);
    expect(found).toContainEqual([1_078_920, "10:00:00;00"]);
    expect(found).toContainEqual([1_078_920 + 17_982, "10:10:00;00"]);
    const frames = ticks(view, DROP, 0).map((tick) => tick.frame);
    expect(new Set(frames).size).toBe(frames.length);
    const distances = new Set(frames.slice(1).map((frame, i) => frame - (frames[i] ?? 0)));
    expect(Math.max(...distances) - Math.min(...distances)).toBeLessThanOrEqual(2);
  });

  it("cover all that is in sight, to the left of a label too", () => {
    const view = { width: 500, pxPerFrame: 0.514, firstFrame: 260 };
    const found = ticks(view, PAL, 0);
    expect(found[0]?.x).toBeLessThan(0);
    expect(found.at(-1)?.x).toBeGreaterThan(480);
    expect(found.some((tick) => tick.size === "label" && tick.frame === 250)).toBe(true);
  });
});
