import { describe, expect, it } from "vitest";
import { HEADER_BYTES, isOlder, parseFrame } from "./header";
import { frameBytes } from "./sample";

describe("the header of a picture", () => {
  it("is read as it was written", () => {
    const frame = parseFrame(
      frameBytes({
        format: "i420",
        width: 6,
        height: 4,
        strides: [8, 4],
        frame: 48256,
        generation: 7,
        seq: 99,
        exact: false,
        playing: true,
        at: -1_000_000_007n,
        levels: [-94, null],
        matrix: 1,
        fullRange: true,
        time: 1_764_547_200_040_000_000n,
        taiAhead: 37,
      }),
    );
    if (typeof frame === "string") throw new Error(frame);
    expect(frame.header).toEqual({
      format: "i420",
      width: 6,
      height: 4,
      strides: [8, 4],
      frame: 48256,
      generation: 7,
      seq: 99,
      exact: false,
      playing: true,
      at: -1_000_000_007n,
      levels: [-94, null],
      matrix: 1,
      fullRange: true,
      time: 1_764_547_200_040_000_000n,
      taiAhead: 37,
    });
    expect(frame.pixels.byteLength).toBe(8 * 4 + 2 * 4 * 2);
  });

  it.each([
    [null, null],
    [0n, null],
    [-1n, null],
    [1_764_547_200_040_000_000n, null],
    [2n ** 63n - 1n, 37],
  ])("knows the time %s, %s seconds ahead, also when it is not known", (time, taiAhead) => {
    const one = { format: "rgba", width: 1, height: 1, strides: [4, 0] } as const;
    const frame = parseFrame(frameBytes({ ...one, time, taiAhead }));
    if (typeof frame === "string") throw new Error(frame);
    expect(frame.header).toMatchObject({ time, taiAhead });
  });

  it("counts odd sides of I420 up", () => {
    const whole = frameBytes({ format: "i420", width: 5, height: 3, strides: [5, 3] });
    expect(whole.byteLength - HEADER_BYTES).toBe(15 + 2 * 6);
    expect(typeof parseFrame(whole)).toBe("object");
    expect(parseFrame(whole.slice(0, -1))).toBe("pixels");
  });

  it.each([
    ["nothing", new ArrayBuffer(0), "short"],
    ["half a header", new ArrayBuffer(63), "short"],
    ["zeros", new ArrayBuffer(64), "magic"],
    ["another version", changed((view) => view.setUint16(4, 2, true)), "version"],
    ["format 0", changed((view) => view.setUint16(6, 0, true)), "format"],
    ["format 4", changed((view) => view.setUint16(6, 4, true)), "format"],
    ["no width", changed((view) => view.setUint32(8, 0, true)), "size"],
    ["a width of 4 G", changed((view) => view.setUint32(8, 0xffffffff, true)), "size"],
    ["a height of 8193", changed((view) => view.setUint32(12, 8193, true)), "size"],
    ["a stride below the row", changed((view) => view.setUint32(16, 15, true)), "stride"],
    ["a stride of 4 G", changed((view) => view.setUint32(16, 0xffffffff, true)), "stride"],
    ["rows that are missing", changed((view) => view.setUint32(12, 5, true)), "pixels"],
  ])("refuses %s", (_, bytes, fault) => {
    expect(parseFrame(bytes)).toBe(fault);
  });

  it("refuses I420 whose colour rows do not fit", () => {
    expect(parseFrame(frameBytes({ format: "i420", width: 8, height: 4, strides: [8, 3] }))).toBe(
      "stride",
    );
  });

  it("knows which of two generations is older, across the wrap", () => {
    expect(isOlder(1, 2)).toBe(true);
    expect(isOlder(2, 2)).toBe(false);
    expect(isOlder(3, 2)).toBe(false);
    expect(isOlder(0xffffffff, 0)).toBe(true);
    expect(isOlder(0, 0xffffffff)).toBe(false);
  });
});

function changed(change: (view: DataView) => void): ArrayBuffer {
  const bytes = frameBytes({ format: "rgba", width: 4, height: 4, strides: [16, 0] });
  change(new DataView(bytes));
  return bytes;
}
