/** Zoom and scroll: around the pointer, around the playhead, and so that everything fits. */

import { clamp, framesAcross, type Viewport, xOf } from "./geometry";

/** Widest a frame gets, in pixels. */
export const MAX_PX_PER_FRAME = 32;

/** Widest a frame gets when everything is made to fit: a short sequence keeps some room behind it. */
const MAX_FIT_PX_PER_FRAME = 6;

/** What an empty timeline shows: about 110 s at 25 frames a second. */
const EMPTY_FRAMES = 2_693;

/** Share of the width that a fitted sequence takes. */
const FIT_SHARE = 0.972;

/** How far the smallest zoom lies below the fitting one. */
const ROOM_BEYOND_FIT = 4;

/** One press of a zoom key or button. */
export const ZOOM_STEP = 1.5;

/** The zoom at which so many frames fill the width. */
export function fitZoom(frames: number, width: number): number {
  if (width <= 0) return 1;
  const shown = frames > 0 ? frames : EMPTY_FRAMES;
  return Math.min(MAX_FIT_PX_PER_FRAME, (width * FIT_SHARE) / shown);
}

/** The smallest zoom that makes sense for so many frames. */
export function minZoom(frames: number, width: number): number {
  return fitZoom(frames, width) / ROOM_BEYOND_FIT;
}

/** A zoom within what makes sense. */
export function clampZoom(pxPerFrame: number, frames: number, width: number): number {
  return clamp(pxPerFrame, minZoom(frames, width), MAX_PX_PER_FRAME);
}

/** The furthest a timeline of so many frames scrolls: its end stays in sight. */
export function maxFirstFrame(frames: number, view: Viewport): number {
  return Math.max(0, frames - framesAcross(view) * FIT_SHARE);
}

/** The same zoom, scrolled by pixels. */
export function scrollBy(view: Viewport, pixels: number, frames: number): Viewport {
  return scrollTo(view, view.firstFrame + pixels / view.pxPerFrame, frames);
}

/** The same zoom, with this frame at the left edge as far as that is possible. */
export function scrollTo(view: Viewport, firstFrame: number, frames: number): Viewport {
  return { ...view, firstFrame: clamp(firstFrame, 0, maxFirstFrame(frames, view)) };
}

/** Another zoom that leaves what is under pixel `anchor` where it is. */
export function zoomAround(
  view: Viewport,
  pxPerFrame: number,
  anchor: number,
  frames: number,
): Viewport {
  const zoom = clampZoom(pxPerFrame, frames, view.width);
  const under = view.firstFrame + anchor / view.pxPerFrame;
  return scrollTo({ ...view, pxPerFrame: zoom }, under - anchor / zoom, frames);
}

/** The pixel to zoom around when there is no pointer: the playhead if in sight, else the middle. */
export function anchorOf(view: Viewport, playhead: number): number {
  const x = xOf(playhead, view);
  return x >= 0 && x <= view.width ? x : view.width / 2;
}

/** Place of the slider's knob, 0 to 1; every step of it is the same factor. */
export function sliderOf(pxPerFrame: number, frames: number, width: number): number {
  const low = minZoom(frames, width);
  return clamp(Math.log(pxPerFrame / low) / Math.log(MAX_PX_PER_FRAME / low), 0, 1);
}

/** The zoom for a place of the slider's knob. */
export function zoomOfSlider(place: number, frames: number, width: number): number {
  const low = minZoom(frames, width);
  return low * (MAX_PX_PER_FRAME / low) ** clamp(place, 0, 1);
}

/**
 * The view that keeps the playhead in sight: unchanged while it is, else with the playhead a tenth
 * from the left, as when turning a page.
 */
export function follow(view: Viewport, playhead: number, frames: number): Viewport {
  const x = xOf(playhead, view);
  if (x >= 0 && x < view.width) return view;
  return scrollTo(view, playhead - framesAcross(view) / 10, frames);
}
