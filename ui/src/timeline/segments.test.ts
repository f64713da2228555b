import { expect, it } from "vitest";
import type { SegmentView } from "../backend/generated";
import { flowOf } from "./fixtures";
import { segmentItems, segmentSums } from "./segments";

function segmentsOf(count: number, frames: number): SegmentView[] {
  return Array.from({ length: count }, (_, i) => ({
    objectId: `object-${i}`,
    timerange: "[0:0_1:0)",
    firstFrame: i * frames,
    frames,
    bytes: i === 1 ? null : 1000,
    here: i !== 1,
  }));
}

it("are blocks where there is room", () => {
  const items = segmentItems(segmentsOf(4, 50), { width: 300, pxPerFrame: 2, firstFrame: 60 });
  expect(items.map(({ index, left, width }) => [index, left, width])).toEqual([
    [1, -20, 100],
    [2, 80, 100],
    [3, 180, 100],
  ]);
  expect(items.map(({ here }) => here)).toEqual([false, true, true]);
});

it("are runs where there is none, and a run with one missing is not here", () => {
  const items = segmentItems(segmentsOf(3000, 10), { width: 300, pxPerFrame: 0.01, firstFrame: 0 });
  expect(items.length).toBeLessThanOrEqual(75);
  expect(items.reduce((sum, { count }) => sum + count, 0)).toBe(3000);
  expect(items.filter(({ here }) => !here).length).toBe(1);
});

it("are summed up", () => {
  expect(segmentSums({ ...flowOf(), segments: segmentsOf(3, 10) })).toEqual({
    count: 3,
    bytes: 2000,
    missing: 1,
  });
});
