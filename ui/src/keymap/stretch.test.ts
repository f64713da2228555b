import { describe, expect, it } from "vitest";
import type { Rate } from "../backend/generated";
import { around, inToOut, loopOf } from "./stretch";

const marks = (markIn: number | null, markOut: number | null, frames = 100) => ({
  frames,
  markIn,
  markOut,
});

const ends = (found: { first: number; end: number } | null) => found && [found.first, found.end];

describe("in to out", () => {
  it.each([
    [marks(20, 60), [20, 60]],
    [marks(20, null), [20, 100]],
    [marks(null, 60), [0, 60]],
    [marks(null, null), [0, 100]],
    [marks(99, 100), [99, 100]],
    [marks(20, 160), [20, 100]],
    [marks(120, 160), null],
    [marks(60, 60), null],
    [marks(null, null, 0), null],
  ])("%j plays %j", (view, expected) => {
    expect(ends(inToOut(view))).toEqual(expected);
  });

  it("is played once and rests on its last frame", () => {
    expect(inToOut(marks(20, 60))).toMatchObject({ repeat: false, rest: null });
  });
});

describe("a loop", () => {
  const clips = [
    { at: 0, frames: 30 },
    { at: 30, frames: 50 },
    { at: 80, frames: 40 },
  ];

  it("is the marked part, else the clip under the playhead, else everything", () => {
    expect(ends(loopOf(marks(10, 20), 40, clips))).toEqual([10, 20]);
    expect(ends(loopOf(marks(10, null), 40, clips))).toEqual([10, 100]);
    expect(ends(loopOf(marks(null, null), 29, clips))).toEqual([0, 30]);
    expect(ends(loopOf(marks(null, null), 30, clips))).toEqual([30, 80]);
    expect(ends(loopOf(marks(null, null), 95, clips))).toEqual([80, 100]);
    expect(ends(loopOf(marks(null, null), 40, []))).toEqual([0, 100]);
    expect(loopOf(marks(null, null, 0), 0, [])).toBeNull();
  });

  it("comes again and again", () => {
    expect(loopOf(marks(null, null), 40, clips)).toMatchObject({ repeat: true, rest: null });
  });
});

describe("around the playhead", () => {
  const rate = (numerator: number, denominator = 1): Rate => ({ numerator, denominator });

  it.each<[Rate | null, number]>([
    [rate(24), 48],
    [rate(24_000, 1001), 48],
    [rate(25), 50],
    [rate(30_000, 1001), 60],
    [rate(50), 100],
    [rate(60_000, 1001), 120],
    [null, 50],
    [rate(0), 50],
    [rate(1, 10), 1],
  ])("at %j is %d frames each way", (frameRate, reach) => {
    const found = around({ frames: 1000, frameRate }, 500);
    expect(found).toMatchObject({ first: 500 - reach, end: 500 + reach, repeat: false, rest: 500 });
  });

  it("ends where there is no more, and rests where it was", () => {
    const clip = { frames: 100, frameRate: rate(25) };
    expect(around(clip, 0)).toMatchObject({ first: 0, end: 50, rest: 0 });
    expect(around(clip, 10)).toMatchObject({ first: 0, end: 60, rest: 10 });
    expect(around(clip, 99)).toMatchObject({ first: 49, end: 100, rest: 99 });
    expect(around(clip, 400)).toMatchObject({ first: 49, end: 100, rest: 99 });
    expect(around({ ...clip, frames: 1 }, 0)).toMatchObject({ first: 0, end: 1, rest: 0 });
    expect(around({ ...clip, frames: 0 }, 0)).toBeNull();
  });
});
