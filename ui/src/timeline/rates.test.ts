import { describe, expect, it } from "vitest";
import type { Rate } from "../backend/generated";
import {
  isRetimed,
  pace,
  type RatedClip,
  sameRate,
  sequenceFrames,
  sequencePlace,
  shownAt,
  showsFrom,
  sourcePlace,
} from "./rates";

const rate = (numerator: number, denominator = 1): Rate => ({ numerator, denominator });
const PAL = rate(25);
const FILM = rate(24_000, 1001);
const NTSC = rate(30_000, 1001);

/** A clip of 40 source frames from frame 100 on, at sequence frame 10. */
function clipOf(source: Rate | null, sequence: Rate, frames?: number): RatedClip {
  return {
    at: 10,
    frames: frames ?? sequenceFrames(40, source, sequence),
    sourceFirst: 100,
    sourceFrames: 40,
    sourceFrameRate: source,
  };
}

describe("lengths", () => {
  it.each([
    [132, PAL, PAL, 132],
    [132, PAL, rate(25, 2), 66],
    [131, PAL, rate(25, 2), 66],
    [1, PAL, rate(25, 2), 1],
    [66, rate(25, 2), PAL, 132],
    [5, rate(50), PAL, 3],
    [9, PAL, rate(30), 11],
    [1000, NTSC, PAL, 835],
    [1000, PAL, NTSC, 1199],
    [24, FILM, rate(24), 24],
    [25, FILM, rate(24), 26],
    [1000, rate(24), FILM, 999],
    [3, rate(60), rate(1), 1],
    [132, PAL, null, 132],
    [132, null, null, 132],
  ])("%i frames of %o at %o are %i", (frames, source, sequence, expected) => {
    expect(sequenceFrames(frames, source, sequence)).toBe(expected);
  });
});

describe("rates", () => {
  it("are the same where their value is", () => {
    expect(sameRate(rate(50, 2), PAL)).toBe(true);
    expect(sameRate(rate(50), PAL)).toBe(false);
    expect(sameRate(null, null)).toBe(true);
    expect(sameRate(null, PAL)).toBe(false);
  });

  it("let every clip of a sequence without one run as it is", () => {
    expect(isRetimed(clipOf(null, PAL, 30), null)).toBe(false);
    expect(pace(clipOf(rate(50), PAL), null)).toBe(1);
  });

  it("are those of the clip on the average where its frame times vary", () => {
    expect(pace(clipOf(null, PAL, 80), PAL)).toBe(0.5);
  });
});

describe("places", () => {
  it("are the same frames where the rates are", () => {
    const clip = clipOf(PAL, PAL);
    for (const frame of [10, 11, 37, 49]) {
      expect(sourcePlace(clip, PAL, frame)).toBe(frame + 90);
      expect(sequencePlace(clip, PAL, frame + 90)).toBe(frame);
      expect(shownAt(clip, PAL, frame)).toBe(frame + 90);
      expect(showsFrom(clip, PAL, frame + 90)).toBe(frame);
    }
  });

  it("lead there and back", () => {
    for (const [source, sequence] of [
      [rate(50), PAL],
      [PAL, rate(50)],
      [FILM, NTSC],
      [NTSC, PAL],
    ] as const) {
      const clip = clipOf(source, sequence);
      for (const anchor of ["head", "tail"] as const) {
        const there = sourcePlace(clip, sequence, 17, anchor);
        expect(sequencePlace(clip, sequence, there, anchor)).toBeCloseTo(17);
      }
    }
  });

  it("are exact at the end that they are counted from", () => {
    // 39 frames of 50 take 20 of 25: half a frame is left over.
    const clip = { ...clipOf(rate(50), PAL), sourceFrames: 39 };
    expect(clip.frames).toBe(20);
    expect(sourcePlace(clip, PAL, 10)).toBe(100);
    expect(sourcePlace(clip, PAL, 30)).toBe(140);
    expect(sourcePlace(clip, PAL, 30, "tail")).toBe(139);
    expect(sequencePlace(clip, PAL, 139, "tail")).toBe(30);
  });
});

describe("the frame that is shown", () => {
  it("is the last one that has begun", () => {
    const fast = clipOf(rate(50), PAL);
    expect([10, 11, 29].map((frame) => shownAt(fast, PAL, frame))).toEqual([100, 102, 138]);
    const slow = clipOf(PAL, rate(50));
    expect([10, 11, 12, 13].map((frame) => shownAt(slow, rate(50), frame))).toEqual([
      100, 100, 101, 101,
    ]);
  });

  it("is one of the clip's", () => {
    const clip = clipOf(rate(50), PAL);
    expect(shownAt(clip, PAL, 0)).toBe(100);
    expect(shownAt(clip, PAL, 999)).toBe(139);
  });

  it("is shown from the first sequence frame behind its begin", () => {
    const fast = clipOf(rate(50), PAL);
    expect([100, 101, 102].map((frame) => showsFrom(fast, PAL, frame))).toEqual([10, 11, 11]);
    const slow = clipOf(PAL, rate(50));
    expect([100, 101].map((frame) => showsFrom(slow, rate(50), frame))).toEqual([10, 12]);
    for (const frame of [12, 17, 23]) {
      const clip = clipOf(NTSC, PAL);
      expect(showsFrom(clip, PAL, shownAt(clip, PAL, frame))).toBe(frame);
    }
  });
});
