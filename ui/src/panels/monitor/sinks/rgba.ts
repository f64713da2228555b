/** Draws RGBA pictures by copying them into a canvas: the way that needs no graphics card. */

import type { Frame } from "../../../backend/frames";
import { type FrameSink, fitCanvas, SinkUnavailable } from "./sink";

/** A sink for RGBA on `canvas`. */
export function rgbaSink(canvas: HTMLCanvasElement): FrameSink {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new SinkUnavailable("no 2D canvas");
  return {
    format: "rgba",
    draw(frame) {
      fitCanvas(canvas, frame);
      const { width, height } = frame.header;
      context.putImageData(new ImageData(tightRows(frame), width, height), 0, 0);
      return true;
    },
    close() {},
  };
}

/** The pixels without padding between their rows: a view where there is none, else a copy. */
export function tightRows({ header, pixels }: Frame): Uint8ClampedArray<ArrayBuffer> {
  const row = header.width * 4;
  const stride = header.strides[0];
  if (stride === row) {
    return new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, row * header.height);
  }
  const tight = new Uint8ClampedArray(row * header.height);
  for (let y = 0; y < header.height; y += 1) {
    tight.set(pixels.subarray(y * stride, y * stride + row), y * row);
  }
  return tight;
}
