/**
 * Which way of drawing is the cheapest here: each draws a few synthetic pictures against the
 * clock, with one pixel read back so that the work is done when the clock stops. The name of the
 * graphics card is no help: a card that is a program calls itself one.
 */

import type { PictureFormat } from "../../../backend/backend";
import type { Frame } from "../../../backend/frames";
import { parseFrame } from "../../../backend/frames";
import { frameBytes } from "../../../backend/frames/sample";
import { openSink } from "./open";

/** Milliseconds for one picture; `null` when that way does not work. */
export interface ProbeTimes {
  readonly i420: number | null;
  readonly rgba: number | null;
  readonly jpeg: number | null;
}

/** A way that takes longer than this for one 640×360 picture leaves no time for the rest. */
const LIMIT: Record<"i420" | "rgba", number> = { i420: 6, rgba: 12 };
const WIDTH = 640;
const HEIGHT = 360;
const WARM_UP = 2;
const TIMED = 6;

/** The format to ask for. */
export function chooseFormat(times: ProbeTimes): PictureFormat {
  if (times.i420 !== null && times.i420 < LIMIT.i420) return "i420";
  if (times.rgba !== null && (times.rgba < LIMIT.rgba || times.jpeg === null)) return "rgba";
  return "jpeg";
}

let chosen: Promise<PictureFormat> | null = null;

/** The format that suits this machine; probed once, kept as long as the window is open. */
export function preferredFormat(): Promise<PictureFormat> {
  chosen ??= probe().then(chooseFormat);
  return chosen;
}

async function probe(): Promise<ProbeTimes> {
  const i420 = await timed("i420");
  // A card that is quick enough settles it; the other ways need not be tried.
  if (i420 !== null && i420 < LIMIT.i420) return { i420, rgba: null, jpeg: null };
  const rgba = await timed("rgba");
  const jpeg = rgba !== null && rgba < LIMIT.rgba ? null : await timed("jpeg");
  return { i420, rgba, jpeg };
}

/** Draws a few pictures of a format; the median of their milliseconds. */
async function timed(format: PictureFormat): Promise<number | null> {
  const canvas = document.createElement("canvas");
  let lost = false;
  try {
    const sink = openSink(format, canvas, () => {
      lost = true;
    });
    const frames = await syntheticFrames(format);
    const taken: number[] = [];
    for (let turn = 0; turn < WARM_UP + TIMED; turn += 1) {
      const frame = frames[turn % frames.length];
      if (!frame) break;
      const begin = performance.now();
      await sink.draw(frame, () => true);
      readBack(canvas, format);
      if (turn >= WARM_UP) taken.push(performance.now() - begin);
    }
    sink.close();
    return lost ? null : median(taken);
  } catch {
    return null;
  }
}

/** The middle one; `null` of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function readBack(canvas: HTMLCanvasElement, format: PictureFormat) {
  if (format !== "i420") {
    canvas.getContext("2d")?.getImageData(0, 0, 1, 1);
    return;
  }
  const gl = canvas.getContext("webgl2");
  gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

/** Two pictures that differ everywhere, so that nothing is left out as unchanged. */
async function syntheticFrames(format: PictureFormat): Promise<Frame[]> {
  if (format === "jpeg") return [await syntheticJpeg()];
  const strides: [number, number] = format === "rgba" ? [WIDTH * 4, 0] : [WIDTH, WIDTH / 2];
  return [0, 1].flatMap((turn) => {
    const bytes = frameBytes({ format, width: WIDTH, height: HEIGHT, strides, seq: turn });
    const frame = parseFrame(bytes);
    if (typeof frame === "string") return [];
    for (let i = 0; i < frame.pixels.length; i += 1) frame.pixels[i] = (i * 7 + turn * 91) & 0xff;
    return [frame];
  });
}

async function syntheticJpeg(): Promise<Frame> {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  for (let y = 0; y < HEIGHT; y += 8) {
    for (let x = 0; context && x < WIDTH; x += 8) {
      context.fillStyle = `hsl(${(x * 3 + y * 5) % 360} 60% ${20 + ((x + y) % 60)}%)`;
      context.fillRect(x, y, 8, 8);
    }
  }
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  if (!blob) throw new Error("no JPEG");
  const pixels = new Uint8Array(await blob.arrayBuffer());
  const bytes = frameBytes(
    { format: "jpeg", width: WIDTH, height: HEIGHT, strides: [0, 0] },
    pixels,
  );
  const frame = parseFrame(bytes);
  if (typeof frame === "string") throw new Error(frame);
  return frame;
}
