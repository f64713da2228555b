import { describe, expect, it } from "vitest";
import { clipsOf } from "./fixtures";
import type { Viewport } from "./geometry";
import { peakBlocks, pictureHeight, tiles, tileWidth } from "./strip";

const PAL = { numerator: 25, denominator: 1 };
const [clip] = clipsOf(1000);
if (clip === undefined) throw new Error("no clip");

function view(pxPerFrame: number, firstFrame = 0): Viewport {
  return { width: 800, pxPerFrame, firstFrame };
}

describe("tiles", () => {
  it("fill the clip and are cut off by its end", () => {
    const found = tiles(clip, PAL, view(0.5), 110);
    expect(found.map((tile) => tile.left)).toEqual([0, 110, 220, 330, 440]);
    expect(found.at(-1)?.width).toBe(60);
  });

  it("stay within the clip's own frames, near the place they stand for", () => {
    for (const tile of tiles(clip, PAL, view(0.77), 110)) {
      expect(tile.frame).toBeGreaterThanOrEqual(100);
      expect(tile.frame).toBeLessThan(1100);
      expect(Math.abs(tile.frame - (100 + tile.left / 0.77))).toBeLessThanOrEqual(110 / 0.77 / 2);
    }
  });

  it("are only those in sight, and the same ones after scrolling", () => {
    const before = tiles(clip, PAL, view(8), 110);
    const after = tiles(clip, PAL, view(8, 20), 110);
    expect(before.length).toBe(8);
    expect(after.length).toBeLessThanOrEqual(9);
    const frames = new Set(before.map((tile) => tile.frame));
    expect(after.filter((tile) => frames.has(tile.frame)).length).toBeGreaterThanOrEqual(5);
  });

  it("of another rate pass by at that rate", () => {
    const fast = {
      ...clip,
      sourceFrames: 2000,
      sourceFrameRate: { numerator: 50, denominator: 1 },
    };
    const found = tiles(fast, PAL, view(0.77), 110);
    expect(found.map((tile) => tile.left)).toEqual(
      tiles(clip, PAL, view(0.77), 110).map((tile) => tile.left),
    );
    for (const tile of found) {
      const exact = 100 + (tile.left / 0.77) * 2;
      expect(Math.abs(tile.frame - exact)).toBeLessThanOrEqual(110 / 0.77);
    }
  });

  it("are none for a clip out of sight", () => {
    expect(tiles(clip, PAL, view(1, 2000), 110)).toEqual([]);
    expect(tiles({ ...clip, at: 5000 }, PAL, view(1), 110)).toEqual([]);
  });
});

it("pictures come in few heights and keep their shape", () => {
  expect(pictureHeight(62, 1)).toBe(96);
  expect(pictureHeight(62, 2)).toBe(144);
  expect(pictureHeight(900, 2)).toBe(192);
  expect(tileWidth(72, 1920, 1080)).toBe(128);
  expect(tileWidth(72, 0, 0)).toBe(128);
});

describe("levels", () => {
  it("come in blocks on a grid that covers the range", () => {
    const blocks = peakBlocks(1000, 1600, 5000, 1);
    expect(blocks).toEqual([
      { first: 768, frames: 256, bins: 256 },
      { first: 1024, frames: 256, bins: 256 },
      { first: 1280, frames: 256, bins: 256 },
      { first: 1536, frames: 256, bins: 256 },
    ]);
  });

  it("end with the flow", () => {
    const blocks = peakBlocks(0, 900, 300, 0.25);
    expect(blocks).toEqual([{ first: 0, frames: 300, bins: 75 }]);
    expect(peakBlocks(10, 10, 300, 1)).toEqual([]);
  });
});
