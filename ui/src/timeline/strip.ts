/** The filmstrip: which pictures a clip shows at a zoom, few enough and stable while scrolling. */

import type { Rate } from "../backend/generated";
import { clamp, type Viewport, widthOf, xOf } from "./geometry";
import { pace, type RatedClip } from "./rates";

/** One picture of a clip's filmstrip. */
export interface Tile {
  /** Frame of the flow. */
  frame: number;
  /** Pixels from the clip's left edge. */
  left: number;
  /** Pixels; the last one is cut off by the clip's end. */
  width: number;
}

/** Heights that pictures are asked for, so that a resized track reuses those it has. */
const HEIGHTS = [48, 96, 144, 192];

/** The height to ask the server for: the next one that is enough for the screen's pixels. */
export function pictureHeight(cssHeight: number, devicePixelRatio: number): number {
  const needed = cssHeight * devicePixelRatio;
  return HEIGHTS.find((height) => height >= needed) ?? HEIGHTS.at(-1) ?? needed;
}

/** Width of a picture at a height; 16:9 when its size is not known. */
export function tileWidth(height: number, width: number, pictureHeightPx: number): number {
  const aspect = width > 0 && pictureHeightPx > 0 ? width / pictureHeightPx : 16 / 9;
  return Math.max(8, Math.round(height * clamp(aspect, 0.25, 4)));
}

/**
 * The pictures in sight, `rate` being the sequence's. The strip's frames lie on a grid of the flow whose step is a power of two:
 * scrolling asks for none twice and zooming a little for the same ones.
 */
export function tiles(clip: RatedClip, rate: Rate | null, view: Viewport, tilePx: number): Tile[] {
  const clipLeft = xOf(clip.at, view);
  const clipWidth = widthOf(clip.frames, view);
  const first = Math.max(0, Math.floor(-clipLeft / tilePx));
  const last = Math.min(Math.ceil(clipWidth / tilePx), Math.ceil((view.width - clipLeft) / tilePx));
  const perPx = pace(clip, rate) / view.pxPerFrame;
  const step = gridStep(tilePx * perPx);
  const found: Tile[] = [];
  for (let index = first; index < last; index += 1) {
    const left = index * tilePx;
    const width = Math.min(tilePx, clipWidth - left);
    if (width <= 0) break;
    const exact = clip.sourceFirst + left * perPx;
    const onGrid = Math.floor(exact / step) * step;
    const frame = clamp(onGrid, clip.sourceFirst, clip.sourceFirst + clip.sourceFrames - 1);
    found.push({ frame, left, width });
  }
  return found;
}

/** The largest power of two that is no more than half of a tile's frames, at least 1. */
function gridStep(framesPerTile: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, framesPerTile / 2))));
}

/** A stretch of a flow whose sound levels are asked for at once. */
export interface PeakBlock {
  first: number;
  frames: number;
  bins: number;
}

/** Bins in a block of levels. */
const BLOCK_BINS = 256;

/**
 * The blocks of levels for a range of a flow at a zoom: each 256 bins long, on a grid of the flow,
 * with a bin for a pixel or a little more.
 */
export function peakBlocks(
  from: number,
  to: number,
  flowFrames: number,
  pxPerFrame: number,
): PeakBlock[] {
  const end = Math.min(to, flowFrames);
  if (end <= from) return [];
  // Frames of a block: a power of two of them, as near below 256 pixels as that goes.
  const exponent = Math.floor(Math.log2(Math.max(1, BLOCK_BINS / pxPerFrame)));
  const frames = 2 ** Math.max(0, exponent);
  const blocks: PeakBlock[] = [];
  for (let first = Math.floor(from / frames) * frames; first < end; first += frames) {
    const length = Math.min(frames, flowFrames - first);
    blocks.push({
      first,
      frames: length,
      bins: Math.max(1, Math.ceil((BLOCK_BINS * length) / frames)),
    });
  }
  return blocks;
}
