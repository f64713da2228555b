import { describe, expect, it } from "vitest";
import { nextTime, TIMES } from "./timeShown";

describe("the way after one to read a time", () => {
  it("is the next of all, and the first after the last", () => {
    expect(TIMES.map((time) => nextTime(time, true))).toEqual([
      "frames",
      "tams",
      "clock",
      "timecode",
    ]);
  });

  it("is no wall clock where there is no date", () => {
    expect(nextTime("tams", false)).toBe("timecode");
    expect(nextTime("clock", false)).toBe("timecode");
  });
});
