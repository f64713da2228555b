/** Writes pictures as the program sends them, for the probe and the tests. */

import type { PictureFormat } from "../backend";
import { type FrameHeader, HEADER_BYTES } from "./header";

const CODES: Record<PictureFormat, number> = { rgba: 1, i420: 2, jpeg: 3 };

/** The bytes of a picture; what is not given is 0, exact, paused, silent and without a time. */
export function frameBytes(
  header: Partial<FrameHeader> & Pick<FrameHeader, "format" | "width" | "height" | "strides">,
  pixels?: Uint8Array,
): ArrayBuffer {
  const { format, width, height, strides } = header;
  const size = pixels?.byteLength ?? sampleSize(format, height, strides);
  const bytes = new ArrayBuffer(HEADER_BYTES + size);
  const view = new DataView(bytes);
  view.setUint32(0, 0x31464f53, true);
  view.setUint16(4, 1, true);
  view.setUint16(6, CODES[format], true);
  view.setUint32(8, width, true);
  view.setUint32(12, height, true);
  view.setUint32(16, strides[0], true);
  view.setUint32(20, strides[1], true);
  view.setUint32(24, header.frame ?? 0, true);
  view.setUint32(28, header.generation ?? 0, true);
  view.setUint32(32, header.seq ?? 0, true);
  view.setUint32(36, (header.exact === false ? 1 : 0) | (header.playing ? 2 : 0), true);
  view.setBigInt64(40, header.at ?? 0n, true);
  view.setInt16(48, header.levels?.[0] ?? -32768, true);
  view.setInt16(50, header.levels?.[1] ?? -32768, true);
  view.setUint8(52, header.matrix ?? 1);
  view.setUint8(53, header.fullRange ? 1 : 0);
  view.setUint8(54, header.taiAhead ?? 0);
  view.setBigInt64(56, header.time ?? -(2n ** 63n), true);
  if (pixels) new Uint8Array(bytes, HEADER_BYTES).set(pixels);
  return bytes;
}

function sampleSize(format: PictureFormat, height: number, strides: readonly [number, number]) {
  if (format === "jpeg") return 4;
  if (format === "rgba") return strides[0] * height;
  return strides[0] * height + 2 * strides[1] * Math.ceil(height / 2);
}
