import { describe, expect, it } from "vitest";
import { targetFrame } from "./TimecodeField";

const SPAN = { start: 900_000, frames: 1500, frameRate: { numerator: 25, denominator: 1 } };

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
    expect(targetFrame(typed, SPAN.start + 100, SPAN)).toBe(frame);
  });
});
