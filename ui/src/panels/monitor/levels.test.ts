import { describe, expect, it } from "vitest";
import { holdPeak, METER_MARKS, meterDepth } from "./levels";

describe("the level meter", () => {
  it("is full at full scale and empty at -60 dBFS and below", () => {
    expect(meterDepth(0)).toBe(0);
    expect(meterDepth(30)).toBe(0);
    expect(meterDepth(-600)).toBe(1);
    expect(meterDepth(-900)).toBe(1);
    expect(meterDepth(null)).toBe(1);
  });

  it("reads what is printed beside it", () => {
    for (const { label, depth } of METER_MARKS) {
      expect(meterDepth(-10 * Number(label))).toBeCloseTo(depth, 9);
    }
  });

  it("falls steadily between the marks", () => {
    let above = -1;
    for (let tenths = 0; tenths >= -600; tenths -= 1) {
      const depth = meterDepth(tenths);
      expect(depth).toBeGreaterThan(above);
      above = depth;
    }
  });

  it("holds a peak for a second and a half", () => {
    const peak = holdPeak({ tenths: null, since: 0 }, -94, 100);
    expect(peak).toEqual({ tenths: -94, since: 100 });
    expect(holdPeak(peak, -200, 1500)).toBe(peak);
    expect(holdPeak(peak, -200, 1700)).toEqual({ tenths: -200, since: 1700 });
    expect(holdPeak(peak, -60, 200)).toEqual({ tenths: -60, since: 200 });
    expect(holdPeak(peak, null, 200).tenths).toBeNull();
  });
});
