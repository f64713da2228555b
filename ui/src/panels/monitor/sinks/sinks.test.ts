import { describe, expect, it } from "vitest";
import type { PictureFormat } from "../../../backend/backend";
import { type Frame, parseFrame } from "../../../backend/frames";
import { frameBytes } from "../../../backend/frames/sample";
import { colourTransform } from "./colour";
import { chooseFormat, median } from "./probe";
import { tightRows } from "./rgba";
import { planes } from "./webgl";

function frame(format: PictureFormat, strides: [number, number], pixels: Uint8Array): Frame {
  const parsed = parseFrame(frameBytes({ format, width: 2, height: 2, strides }, pixels));
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

/** A code value of 8 bits each through the transform, to 8 bits. */
function rgb(matrix: number, fullRange: boolean, yuv: [number, number, number], height = 1080) {
  const transform = colourTransform(matrix, fullRange, height);
  const sample = yuv.map((value, i) => value / 255 + (transform.offset[i] ?? 0));
  return [0, 1, 2].map(
    (row) =>
      0 +
      Math.round(
        255 *
          sample.reduce((sum, s, column) => sum + s * (transform.matrix[column * 3 + row] ?? 0), 0),
      ),
  );
}

describe("colours", () => {
  it.each([1, 5, 6, 9])("black and white are neutral with matrix %d", (matrix) => {
    expect(rgb(matrix, false, [16, 128, 128])).toEqual([0, 0, 0]);
    expect(rgb(matrix, false, [235, 128, 128])).toEqual([255, 255, 255]);
    expect(rgb(matrix, true, [0, 128, 128])).toEqual([0, 0, 0]);
    expect(rgb(matrix, true, [255, 128, 128])).toEqual([255, 255, 255]);
  });

  it("reads the colour bars of BT.709 and BT.601", () => {
    const near = (found: number[], wanted: number[]) =>
      found.forEach((value, i) => {
        expect(Math.abs(value - (wanted[i] ?? 0))).toBeLessThanOrEqual(2);
      });
    near(rgb(1, false, [63, 102, 240]), [255, 0, 0]);
    near(rgb(1, false, [173, 42, 26]), [0, 255, 0]);
    near(rgb(1, false, [32, 240, 118]), [0, 0, 255]);
    near(rgb(6, false, [81, 90, 240]), [255, 0, 0]);
    near(rgb(6, false, [145, 54, 34]), [0, 255, 0]);
    near(rgb(6, false, [41, 240, 110]), [0, 0, 255]);
  });

  it("takes an unknown matrix by the height of the picture", () => {
    expect(colourTransform(2, false, 720)).toEqual(colourTransform(1, false, 720));
    expect(colourTransform(2, false, 576)).toEqual(colourTransform(6, false, 576));
  });
});

describe("rows", () => {
  it("are taken as they are without padding, else copied", () => {
    const tight = frame(
      "rgba",
      [8, 0],
      Uint8Array.from({ length: 16 }, (_, i) => i),
    );
    expect(tightRows(tight).buffer).toBe(tight.pixels.buffer);
    expect([...tightRows(tight)]).toEqual(Array.from({ length: 16 }, (_, i) => i));
    const padded = frame(
      "rgba",
      [10, 0],
      Uint8Array.from({ length: 20 }, (_, i) => i),
    );
    expect([...tightRows(padded)]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17,
    ]);
  });

  it("of I420 lie one plane behind the other, odd sides counted up", () => {
    const { header } = frame("i420", [4, 2], new Uint8Array(12));
    expect(planes({ ...header, width: 5, height: 3, strides: [8, 4] })).toEqual([
      { offset: 0, width: 5, height: 3, stride: 8 },
      { offset: 24, width: 3, height: 2, stride: 4 },
      { offset: 32, width: 3, height: 2, stride: 4 },
    ]);
  });
});

describe("the way of drawing", () => {
  it.each([
    [{ i420: 1.2, rgba: 3, jpeg: 9 }, "i420"],
    [{ i420: 6, rgba: 3, jpeg: 9 }, "rgba"],
    [{ i420: 30, rgba: 11.9, jpeg: 2 }, "rgba"],
    [{ i420: null, rgba: 12, jpeg: 5 }, "jpeg"],
    [{ i420: null, rgba: 40, jpeg: null }, "rgba"],
    [{ i420: null, rgba: null, jpeg: null }, "jpeg"],
  ])("for %o is %s", (times, format) => {
    expect(chooseFormat(times)).toBe(format);
  });

  it("is judged by the median", () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([])).toBeNull();
  });
});
