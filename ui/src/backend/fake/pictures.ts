/** Turns drawn scenes into what the page expects: framed pixels for monitors, addresses of stills. */
import type { PictureBox } from "../backend";
import { frameBytes } from "../frames/sample";
import type { SceneName } from "./footage";
import { drawNumber, drawScene } from "./scenes";

/** What a picture is of. */
export interface Shot {
  scene: SceneName;
  /** The frame whose scene is drawn. */
  sceneFrame: number;
  /** The number that is written into it and its header. */
  frame: number;
  generation: number;
  seq: number;
  playing: boolean;
  /** When its flow has it, in TAI nanoseconds. */
  time: bigint;
}

/** The largest 16:9 box inside another, in even pixels. */
export function fitted(width: number, height: number): { width: number; height: number } {
  const wide = Math.min(width, Math.floor((height * 16) / 9), 960);
  const even = Math.max(16, wide - (wide % 2));
  const high = Math.round((even * 9) / 16);
  return { width: even, height: Math.max(10, high - (high % 2)) };
}

const canvases = new Map<string, HTMLCanvasElement>();

/** A pen on a canvas of that size; canvases are kept and drawn over. */
function penOf(width: number, height: number): CanvasRenderingContext2D {
  const name = `${width}x${height}`;
  let canvas = canvases.get(name);
  if (!canvas) {
    canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvases.set(name, canvas);
  }
  const pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  if (!pen) throw new Error("this browser has no 2D canvas");
  return pen;
}

/** The bytes of a picture in the format that was asked for. */
export async function picture(shot: Shot, box: PictureBox): Promise<ArrayBuffer> {
  const { width, height } = fitted(box.width, box.height);
  const pen = penOf(width, height);
  drawScene(pen, shot.scene, shot.sceneFrame);
  drawNumber(pen, shot.frame);
  const level = shot.playing ? -120 - Math.round(60 * Math.abs(Math.sin(shot.frame / 7))) : null;
  const header = {
    width,
    height,
    frame: shot.frame,
    generation: shot.generation,
    seq: shot.seq,
    exact: true,
    playing: shot.playing,
    at: BigInt(shot.frame) * 40_000_000n,
    levels: [level, level === null ? null : level - 14] as const,
    matrix: 1,
    time: shot.time,
    taiAhead: 37,
  };
  if (box.format === "jpeg") {
    const blob = await new Promise<Blob | null>((done) =>
      pen.canvas.toBlob(done, "image/jpeg", 0.9),
    );
    const bytes = new Uint8Array(await (blob ?? new Blob()).arrayBuffer());
    return frameBytes({ ...header, format: "jpeg", strides: [0, 0] }, bytes);
  }
  const { data } = pen.getImageData(0, 0, width, height);
  if (box.format === "rgba") {
    const pixels = new Uint8Array(data.buffer);
    return frameBytes({ ...header, format: "rgba", strides: [width * 4, 0] }, pixels);
  }
  const pixels = toI420(data, width, height);
  return frameBytes({ ...header, format: "i420", strides: [width, width / 2] }, pixels);
}

const stills = new Map<string, string>();
const MOST_STILLS = 600;

/** A still as an address that an image can show. */
export function still(scene: SceneName, frame: number, height: number): string {
  const name = `${scene}/${frame}/${height}`;
  const known = stills.get(name);
  if (known) return known;
  const size = fitted(Math.round((height * 16) / 9), height);
  const pen = penOf(size.width, size.height);
  drawScene(pen, scene, frame);
  const address = pen.canvas.toDataURL("image/jpeg", 0.8);
  if (stills.size >= MOST_STILLS) stills.clear();
  stills.set(name, address);
  return address;
}

/** RGB to planar BT.709 in limited range, colour at half the resolution. */
function toI420(rgba: Uint8ClampedArray, width: number, height: number): Uint8Array {
  const half = width / 2;
  const luma = width * height;
  const chroma = half * (height / 2);
  const out = new Uint8Array(luma + 2 * chroma);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      const r = rgba[at] ?? 0;
      const g = rgba[at + 1] ?? 0;
      const b = rgba[at + 2] ?? 0;
      out[y * width + x] = 16.5 + 0.1826 * r + 0.6142 * g + 0.062 * b;
      if (y % 2 === 0 && x % 2 === 0) {
        const to = luma + (y / 2) * half + x / 2;
        out[to] = 128.5 - 0.1006 * r - 0.3386 * g + 0.4392 * b;
        out[to + chroma] = 128.5 + 0.4392 * r - 0.3989 * g - 0.0403 * b;
      }
    }
  }
  return out;
}
