/**
 * The 64 bytes before every picture of a monitor, little-endian, and the check that the pixels
 * behind them are all there. What arrives is not trusted: a picture that does not add up is a
 * `Fault`, never a read past the end.
 */

import type { PictureFormat } from "../backend";

/** Bytes before the pixels. */
export const HEADER_BYTES = 64;

/** The longest side of a picture that is accepted, in pixels. */
export const MAX_SIDE = 8192;

const MAGIC = 0x31464f53; // "SOF1" read as a little-endian word
const VERSION = 1;
const UNKNOWN_LEVEL = -32768;
const UNKNOWN_TIME = -(2n ** 63n);

/** What is known of a picture before its pixels are looked at. */
export interface FrameHeader {
  readonly format: PictureFormat;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Bytes from one row to the next: plane 0, then planes 1 and 2. */
  readonly strides: readonly [number, number];
  /** The frame that this picture is, counted from the first of what is loaded. */
  readonly frame: number;
  /** Of what was loaded when it was made. */
  readonly generation: number;
  /** Rises with every picture that is given out. */
  readonly seq: number;
  /** It is this very frame; else the nearest key frame stands in for it. */
  readonly exact: boolean;
  /** It was given out by playing. */
  readonly playing: boolean;
  /** When it is shown, in nanoseconds of the output. */
  readonly at: bigint;
  /** Peak left and right in tenths of dBFS; `null` when it is not known. */
  readonly levels: readonly [number | null, number | null];
  /** Matrix coefficients of ISO 23091-2. */
  readonly matrix: number;
  /** Samples use the whole range of values. */
  readonly fullRange: boolean;
  /** When its flow has it, in nanoseconds on the flow's own timeline; `null` when it is not known. */
  readonly time: bigint | null;
  /** Whole seconds that TAI is ahead of UTC then; `null` when the time can be no date. */
  readonly taiAhead: number | null;
}

/** A picture whose pixels are complete. */
export interface Frame {
  readonly header: FrameHeader;
  /** A view on the bytes behind the header, no copy. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Why bytes are not a picture. */
export type Fault = "short" | "magic" | "version" | "format" | "size" | "stride" | "pixels";

/** Reads one picture. */
export function parseFrame(bytes: ArrayBuffer): Frame | Fault {
  if (bytes.byteLength < HEADER_BYTES) return "short";
  const view = new DataView(bytes);
  if (view.getUint32(0, true) !== MAGIC) return "magic";
  if (view.getUint16(4, true) !== VERSION) return "version";
  const format = formatOf(view.getUint16(6, true));
  if (!format) return "format";
  const width = view.getUint32(8, true);
  const height = view.getUint32(12, true);
  if (!isSide(width) || !isSide(height)) return "size";
  const strides: [number, number] = [view.getUint32(16, true), view.getUint32(20, true)];
  const needed = pixelBytes(format, width, height, strides);
  if (needed === null) return "stride";
  if (bytes.byteLength - HEADER_BYTES < needed) return "pixels";
  const flags = view.getUint32(36, true);
  return {
    header: {
      format,
      width,
      height,
      strides,
      frame: view.getUint32(24, true),
      generation: view.getUint32(28, true),
      seq: view.getUint32(32, true),
      exact: (flags & 1) === 0,
      playing: (flags & 2) !== 0,
      at: view.getBigInt64(40, true),
      levels: [levelOf(view.getInt16(48, true)), levelOf(view.getInt16(50, true))],
      matrix: view.getUint8(52),
      fullRange: view.getUint8(53) !== 0,
      time: timeOf(view.getBigInt64(56, true)),
      taiAhead: view.getUint8(54) || null,
    },
    pixels: new Uint8Array(bytes, HEADER_BYTES),
  };
}

/** `a` was made for something loaded before `b`; the numbers wrap at 2³². */
export function isOlder(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

function formatOf(code: number): PictureFormat | null {
  if (code === 1) return "rgba";
  if (code === 2) return "i420";
  if (code === 3) return "jpeg";
  return null;
}

function isSide(pixels: number): boolean {
  return pixels >= 1 && pixels <= MAX_SIDE;
}

/** Bytes that the pixels need at least; `null` when a row would not fit its stride. */
function pixelBytes(
  format: PictureFormat,
  width: number,
  height: number,
  [luma, chroma]: readonly [number, number],
): number | null {
  // A JPEG says its own length; a picture has at least a start and an end marker.
  if (format === "jpeg") return 4;
  if (format === "rgba") return rows(luma, width * 4, height);
  const bright = rows(luma, width, height);
  const colour = rows(chroma, Math.ceil(width / 2), Math.ceil(height / 2));
  return bright === null || colour === null ? null : bright + 2 * colour;
}

function rows(stride: number, bytesPerRow: number, count: number): number | null {
  if (stride < bytesPerRow || stride > MAX_SIDE * 8) return null;
  return stride * count;
}

function levelOf(tenths: number): number | null {
  return tenths === UNKNOWN_LEVEL ? null : tenths;
}

function timeOf(nanoseconds: bigint): bigint | null {
  return nanoseconds === UNKNOWN_TIME ? null : nanoseconds;
}
