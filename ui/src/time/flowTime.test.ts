import { describe, expect, it } from "vitest";
import { tamsTime, wallClock } from "./flowTime";

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

  it("is a date when it can be one, leap seconds taken away", () => {
    expect(wallClock(1_764_547_237_040_000_000n, 37)).toBe("2025-12-01 00:00:00.040Z");
    expect(wallClock(1_483_228_837_000_000_000n, 37)).toBe("2017-01-01 00:00:00.000Z");
    // Cut off, not rounded: a frame is not shown before its time.
    expect(wallClock(1_764_547_237_999_999_999n, 37)).toBe("2025-12-01 00:00:00.999Z");
  });

  it("is none near zero, or where leap seconds are not known", () => {
    expect(wallClock(10_000_000_000n, 10)).toBeNull();
    expect(wallClock(1_764_547_237_000_000_000n, null)).toBeNull();
    expect(wallClock(9_200_000_000_000_000_000n, 37)).not.toBeNull();
  });
});
