import { describe, expect, it } from "vitest";
import { fitBox, fractionOf, frameAt, markedFrames, markedPart, wantedBox } from "./geometry";

describe("the picture in its panel", () => {
  it("fills the reference window as designed", () => {
    expect(fitBox({ width: 480, height: 270 }, 16 / 9)).toEqual({ width: 480, height: 270 });
  });

  it.each([
    [{ width: 1000, height: 270 }, 16 / 9, { width: 480, height: 270 }],
    [{ width: 416, height: 270 }, 16 / 9, { width: 416, height: 234 }],
    [{ width: 480, height: 270 }, 9 / 16, { width: 151, height: 270 }],
    [{ width: 480, height: -4 }, 16 / 9, { width: 0, height: 0 }],
    [{ width: 480, height: 270 }, Number.NaN, { width: 480, height: 270 }],
  ])("is never cropped: %o at %d", (area, aspect, box) => {
    expect(fitBox(area, aspect)).toEqual(box);
  });

  it("is asked for in device pixels, within what each way can bear", () => {
    const area = { width: 480, height: 270 };
    expect(wantedBox(area, 1, "rgba")).toEqual({ width: 480, height: 270 });
    expect(wantedBox(area, 2, "rgba")).toEqual({ width: 960, height: 540 });
    expect(wantedBox(area, 0, "rgba")).toEqual({ width: 480, height: 270 });
    expect(wantedBox({ width: 2000, height: 1200 }, 1.5, "rgba")).toEqual({
      width: 1280,
      height: 720,
    });
    expect(wantedBox({ width: 2000, height: 1200 }, 1.5, "i420")).toEqual({
      width: 1920,
      height: 1080,
    });
    expect(wantedBox({ width: 10, height: 200 }, 1, "rgba")).toBeNull();
  });
});

describe("the scrub bar", () => {
  it("finds every frame under the place where it is drawn", () => {
    for (const frames of [1, 2, 7, 125, 2997, 48_257]) {
      for (const width of [333, 492, 1771.5]) {
        for (let frame = 0; frame < frames; frame += Math.ceil(frames / 97)) {
          expect(frameAt(fractionOf(frame, frames) * width, width, frames)).toBe(frame);
        }
      }
    }
  });

  it("stays within what there is", () => {
    expect(frameAt(-5, 100, 50)).toBe(0);
    expect(frameAt(100, 100, 50)).toBe(49);
    expect(frameAt(400, 100, 50)).toBe(49);
    expect(frameAt(10, 0, 50)).toBe(0);
    expect(frameAt(10, 100, 0)).toBe(0);
    expect(fractionOf(60, 50)).toBe(1);
    expect(fractionOf(3, 0)).toBe(0);
  });

  it("shows the marked part, an absent mark at its end", () => {
    expect(markedPart(null, null, 100)).toBeNull();
    expect(markedPart(25, 75, 100)).toEqual({ from: 0.25, to: 0.75, hasIn: true, hasOut: true });
    expect(markedPart(25, null, 100)).toEqual({ from: 0.25, to: 1, hasIn: true, hasOut: false });
    expect(markedPart(null, 75, 100)).toEqual({ from: 0, to: 0.75, hasIn: false, hasOut: true });
    expect(markedPart(1, 2, 0)).toBeNull();
  });

  it("counts the frames of the marked part", () => {
    expect(markedFrames(null, null, 125)).toBe(125);
    expect(markedFrames(25, 75, 125)).toBe(50);
    expect(markedFrames(25, null, 125)).toBe(100);
    expect(markedFrames(80, 75, 125)).toBe(0);
  });
});
