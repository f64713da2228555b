import { describe, expect, it } from "vitest";
import { frameTarget, type Reading, readOut, readOutTitle, timecodeTarget } from "./readOut";

const RATE = { numerator: 25, denominator: 1 };
const SPAN = { start: 900_000, frames: 1500, frameRate: RATE };

describe("a timecode that is typed", () => {
  it.each([
    ["10:00:01:00", 25],
    ["+10", 110],
    ["−10", 90],
    ["09:00:00:00", 0],
    ["11:00:00:00", 1499],
    ["ten", null],
    ["10:00:00:25", null],
  ])("%s is frame %s", (typed, frame) => {
    expect(timecodeTarget(typed, 100, SPAN)).toBe(frame);
  });
});

describe("a frame that is typed", () => {
  it.each([
    ["1015", 1015],
    [" 7 ", 7],
    ["+10", 110],
    ["−10", 90],
    ["-200", 0],
    ["2000", 1499],
    ["", null],
    ["+", null],
    ["00:00:01:00", null],
    ["1.5", null],
  ])("%s is frame %s", (typed, frame) => {
    expect(frameTarget(typed, 100, 1500)).toBe(frame);
  });
});

describe("the time of what is drawn", () => {
  const dated = { frame: 48, time: 1_764_547_237_040_000_000n, taiAhead: 37 };
  const read = (drawn: Parameters<typeof readOut>[0], shown: Reading["shown"]) =>
    readOut(drawn, { shown, start: 900_000, frameRate: RATE });

  it("is read in four ways, frames from 0", () => {
    expect(read(dated, "timecode")).toBe("10:00:01:23");
    expect(read(dated, "frames")).toBe("48");
    expect(read(dated, "tams")).toBe("1764547237:40000000");
    expect(read(dated, "clock")).toBe("00:00:00.040");
    expect(readOutTitle(dated, "clock")).toBe("2025-12-01, time of day in UTC");
  });

  it("says why there is no date", () => {
    const undated = { frame: 48, time: 1_920_000_000n, taiAhead: null };
    expect(read(undated, "tams")).toBe("1:920000000");
    expect(read(undated, "clock")).toBe("—");
    expect(readOutTitle(undated, "clock")).toContain("counts from 0");
    expect(read({ ...undated, time: null }, "tams")).toBe("—");
    expect(readOutTitle(null, "clock")).toContain("No picture");
  });
});
