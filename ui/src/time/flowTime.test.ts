import { describe, expect, it } from "vitest";
import { noDate, tamsTime, wallClock } from "./flowTime";

describe("a time of a flow", () => {
  it.each([
    [0n, "0:0"],
    [1n, "0:1"],
    [33_366_666n, "0:33366666"],
    [1_764_547_200_040_000_000n, "1764547200:40000000"],
    [-1n, "-0:1"],
    [-1_500_000_000n, "-1:500000000"],
  ])("is written as TAMS does: %s", (nanoseconds, text) => {
    expect(tamsTime(nanoseconds)).toBe(text);
  });

  it.each([
    [1_764_547_237_040_000_000n, "2025-12-01", "00:00:00.040"],
    [1_483_228_837_000_000_000n, "2017-01-01", "00:00:00.000"],
    // Cut off, not rounded: a frame is not shown before its time.
    [1_764_547_237_999_999_999n, "2025-12-01", "00:00:00.999"],
    // The last that a picture can have.
    [2n ** 63n - 1n, "2262-04-11", "23:46:39.854"],
  ])("is a date when it can be one, leap seconds taken away: %s", (time, day, ofDay) => {
    expect(wallClock({ time, taiAhead: 37 })).toEqual({ day, ofDay });
    expect(noDate({ time, taiAhead: 37 })).toBeNull();
  });

  it.each([
    [{ time: 10_000_000_000n, taiAhead: 10 }, "counts from 0"],
    [{ time: 0n, taiAhead: null }, "counts from 0"],
    [{ time: 1_764_547_237_000_000_000n, taiAhead: null }, "leap seconds"],
    [{ time: null, taiAhead: null }, "not known here"],
    [null, "No picture"],
  ])("is none, and says why: %s", (moment, why) => {
    expect(wallClock(moment)).toBeNull();
    expect(noDate(moment)).toContain(why);
  });
});
