/** What draws the pictures of a monitor. */

import type { PictureFormat } from "../../../backend/backend";
import type { Frame } from "../../../backend/frames";

/** Draws pictures of one format onto one canvas. */
export interface FrameSink {
  readonly format: PictureFormat;
  /**
   * Draws a picture; the canvas takes its size. Answers whether it did. A sink that decodes on the
   * side answers with a promise: it asks `isWanted` before it draws, and settles in the task that
   * drew; it rejects when the picture can't be decoded.
   */
  draw(frame: Frame, isWanted: () => boolean): boolean | Promise<boolean>;
  /** Gives back what the drawing needs; the canvas keeps its last picture or becomes empty. */
  close(): void;
}

/** Thrown by a sink that can't work on this machine. */
export class SinkUnavailable extends Error {
  override readonly name = "SinkUnavailable";
}

/** Gives the canvas the size of the picture; `true` when it had another one. */
export function fitCanvas(canvas: HTMLCanvasElement, frame: Frame): boolean {
  const { width, height } = frame.header;
  if (canvas.width === width && canvas.height === height) return false;
  canvas.width = width;
  canvas.height = height;
  return true;
}
