/** The sink for a format. */

import type { PictureFormat } from "../../../backend/backend";
import { jpegSink } from "./jpeg";
import { rgbaSink } from "./rgba";
import type { FrameSink } from "./sink";
import { webglSink } from "./webgl";

/** Opens the sink that draws `format` on a canvas nothing was drawn on; throws `SinkUnavailable`. */
export function openSink(
  format: PictureFormat,
  canvas: HTMLCanvasElement,
  onLost: () => void,
): FrameSink {
  if (format === "i420") return webglSink(canvas, onLost);
  return format === "rgba" ? rgbaSink(canvas) : jpegSink(canvas);
}
