/** Draws JPEG pictures: the fewest bytes, for where every byte is dear. */

import { type FrameSink, fitCanvas, SinkUnavailable } from "./sink";

/** A sink for JPEG on `canvas`. */
export function jpegSink(canvas: HTMLCanvasElement): FrameSink {
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new SinkUnavailable("no 2D canvas");
  let closed = false;
  return {
    format: "jpeg",
    async draw(frame, isWanted) {
      const bitmap = await createImageBitmap(new Blob([frame.pixels], { type: "image/jpeg" }));
      const isDrawn = !closed && isWanted();
      if (isDrawn) {
        fitCanvas(canvas, frame);
        context.drawImage(bitmap, 0, 0, frame.header.width, frame.header.height);
      }
      bitmap.close();
      return isDrawn;
    },
    close() {
      closed = true;
    },
  };
}
