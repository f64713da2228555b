import { expect, it } from "vitest";
import { type Viewport, xOf } from "./geometry";
import {
  fitZoom,
  follow,
  MAX_PX_PER_FRAME,
  maxFirstFrame,
  minZoom,
  scrollBy,
  sliderOf,
  zoomAround,
  zoomOfSlider,
} from "./zoom";

const view: Viewport = { width: 1424, pxPerFrame: 0.5, firstFrame: 1000 };
const FRAMES = 20_000;

it("fits all frames and leaves a little room behind them", () => {
  const zoom = fitZoom(2694, 1424);
  expect(2694 * zoom).toBeLessThan(1424);
  expect(2694 * zoom).toBeGreaterThan(1424 * 0.95);
});

it("does not blow up a sequence of few frames to the whole width", () => {
  expect(25 * fitZoom(25, 1424)).toBeLessThan(200);
});

it("gives an empty timeline a scale", () => {
  expect(fitZoom(0, 1424)).toBeCloseTo(0.514, 3);
});

it("leaves the frame under the pointer where it is", () => {
  for (const factor of [0.7, 1.5, 4]) {
    const zoomed = zoomAround(view, view.pxPerFrame * factor, 600, FRAMES);
    expect(xOf(1000 + 600 / 0.5, zoomed)).toBeCloseTo(600, 6);
  }
});

it("keeps zoom and scroll within what makes sense", () => {
  expect(zoomAround(view, 1e9, 0, FRAMES).pxPerFrame).toBe(MAX_PX_PER_FRAME);
  expect(zoomAround(view, 1e-9, 0, FRAMES).pxPerFrame).toBe(minZoom(FRAMES, 1424));
  expect(zoomAround(view, 1e-9, 0, FRAMES).firstFrame).toBe(0);
  expect(scrollBy(view, -1e9, FRAMES).firstFrame).toBe(0);
  expect(scrollBy(view, 1e9, FRAMES).firstFrame).toBe(maxFirstFrame(FRAMES, view));
});

it("the slider and the zoom are each other's inverse", () => {
  for (const place of [0, 0.3, 0.75, 1]) {
    expect(sliderOf(zoomOfSlider(place, FRAMES, 1424), FRAMES, 1424)).toBeCloseTo(place, 9);
  }
});

it("turns the page only when the playhead has left", () => {
  expect(follow(view, 1500, FRAMES)).toBe(view);
  const turned = follow(view, 9000, FRAMES);
  expect(xOf(9000, turned)).toBeCloseTo(142.4, 1);
});
