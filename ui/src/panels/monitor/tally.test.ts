import { describe, expect, it } from "vitest";
import type { FrameHeader } from "../../backend/frames";
import { drawnFps, isStalled, NO_TALLY, type Tally, tally } from "./tally";

function header(frame: number, playing = true, generation = 1): FrameHeader {
  return {
    format: "rgba",
    width: 1,
    height: 1,
    strides: [4, 0],
    frame,
    generation,
    seq: frame,
    exact: true,
    playing,
    at: 0n,
    levels: [null, null],
    matrix: 1,
    fullRange: false,
    time: null,
    taiAhead: null,
  };
}

/** Draws frames 40 ms apart. */
function play(frames: readonly number[], rate = 1, from: Tally = NO_TALLY): Tally {
  return frames.reduce((before, frame, i) => tally(before, header(frame), rate, i * 40), from);
}

describe("what reached the screen", () => {
  it("is 25 a second when one comes every 40 ms", () => {
    const counted = play(Array.from({ length: 30 }, (_, i) => i));
    expect(drawnFps(counted, 29 * 40)).toBeCloseTo(25, 9);
    expect(counted.lost).toBe(0);
    expect(counted.drawn.length).toBeLessThanOrEqual(25);
  });

  it("can't be said of one or two pictures, nor when paused", () => {
    expect(drawnFps(play([0, 1]), 80)).toBeNull();
    const paused = tally(play([0, 1, 2, 3]), header(3, false), 0, 200);
    expect(drawnFps(paused, 200)).toBeNull();
    expect(isStalled(paused, 5000)).toBe(false);
  });

  it("counts the frames that were left out, both ways", () => {
    expect(play([0, 1, 4, 5]).lost).toBe(2);
    expect(play([9, 8, 5, 4], -1).lost).toBe(2);
  });

  it("takes neither a jump nor fast play for a loss", () => {
    expect(play([0, 1, 500, 501]).lost).toBe(0);
    expect(play([0, 8, 16, 24], 8).lost).toBe(0);
  });

  it("loses nothing where a short stretch begins anew", () => {
    expect(play([10, 11, 12, 10, 11, 12, 10]).lost).toBe(0);
  });

  it("begins anew with each play and each thing that is loaded", () => {
    const lossy = play([0, 1, 4]);
    const stopped = tally(lossy, header(4, false), 0, 200);
    expect(stopped.lost).toBe(2);
    expect(tally(stopped, header(5), 1, 300).lost).toBe(0);
    expect(tally(lossy, header(9, true, 2), 1, 300).lost).toBe(0);
  });

  it("notices that pictures are overdue", () => {
    const counted = play([0, 1, 2, 3]);
    expect(isStalled(counted, 500)).toBe(false);
    expect(isStalled(counted, 700)).toBe(true);
    expect(drawnFps(counted, 900)).toBe(4);
    expect(drawnFps(counted, 5000)).toBeNull();
  });
});
