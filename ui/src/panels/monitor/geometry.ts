/** Where things lie in a monitor: the picture, the playhead and the marked part. All pure. */

import type { PictureFormat } from "../../backend/backend";

/** A box in CSS or device pixels. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

/** The largest box of an aspect that fits into another: never cropped, whole pixels. */
export function fitBox(area: Box, aspect: number): Box {
  const room = { width: Math.max(0, area.width), height: Math.max(0, area.height) };
  const ratio = Number.isFinite(aspect) && aspect > 0 ? aspect : 16 / 9;
  const width = Math.min(room.width, room.height * ratio);
  return { width: Math.floor(width), height: Math.floor(Math.min(room.height, width / ratio)) };
}

/** Pixels beyond which a way of drawing costs more than it shows. */
const LARGEST: Record<PictureFormat, Box> = {
  i420: { width: 1920, height: 1080 },
  rgba: { width: 1280, height: 720 },
  jpeg: { width: 1280, height: 720 },
};

/** The picture to ask for, in device pixels; `null` while there is no room for one. */
export function wantedBox(area: Box, pixelRatio: number, format: PictureFormat): Box | null {
  const largest = LARGEST[format];
  const scale = Math.max(1, Math.min(pixelRatio, 4));
  const width = Math.min(Math.floor(area.width * scale), largest.width);
  const height = Math.min(Math.floor(area.height * scale), largest.height);
  return width < 16 || height < 16 ? null : { width, height };
}

/** How far along the scrub bar a frame begins, from 0 to 1. */
export function fractionOf(frame: number, frames: number): number {
  if (frames <= 0) return 0;
  return Math.min(1, Math.max(0, frame / frames));
}

/** The frame under a point `x` of a scrub bar that is `width` wide. */
export function frameAt(x: number, width: number, frames: number): number {
  if (frames <= 0 || width <= 0) return 0;
  // A frame begins exactly at its fraction; the quotient may fall short of it by rounding.
  const frame = Math.floor((x / width) * frames + 1e-6);
  return Math.min(frames - 1, Math.max(0, frame));
}

/** The marked part as fractions; an absent mark is the end on its side. */
export interface MarkedPart {
  readonly from: number;
  readonly to: number;
  /** A bracket is drawn on this side. */
  readonly hasIn: boolean;
  readonly hasOut: boolean;
}

/** Where the marked part lies; `null` when nothing is marked. */
export function markedPart(
  markIn: number | null,
  markOut: number | null,
  frames: number,
): MarkedPart | null {
  if (frames <= 0 || (markIn === null && markOut === null)) return null;
  return {
    from: fractionOf(markIn ?? 0, frames),
    to: fractionOf(markOut ?? frames, frames),
    hasIn: markIn !== null,
    hasOut: markOut !== null,
  };
}

/** Frames of the marked part; of the whole when nothing is marked. */
export function markedFrames(
  markIn: number | null,
  markOut: number | null,
  frames: number,
): number {
  return Math.max(0, (markOut ?? frames) - (markIn ?? 0));
}
