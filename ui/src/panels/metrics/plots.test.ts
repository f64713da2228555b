import { describe, expect, it } from "vitest";
import { metrics as fakeMetrics } from "../../backend/fake/delivery";
import { barsOf, clockOf, csvOf, curveOf, endOf, largestDrop } from "./plots";

const NOW = new Date("2026-11-22T17:00:00Z");
const metrics = fakeMetrics("c", "24h", NOW, NOW);

describe("barsOf", () => {
  it("fills the box with the highest, and tells unknown from none", () => {
    const bars = barsOf([2, 4, null, 0]);
    expect(bars.map(({ height }) => height)).toEqual([50, 100, 0, 0]);
    expect(bars.map(({ known }) => known)).toEqual([true, true, false, true]);
    expect(bars[1]?.x).toBe(250);
    expect(barsOf([])).toEqual([]);
    expect(barsOf([0, 0])[0]?.height).toBe(0);
  });
});

describe("curveOf", () => {
  it("goes from the left to the right, and leaves unknown points out", () => {
    const points = [
      { atMs: 0, sessions: 4, percent: 100 },
      { atMs: 500, sessions: 2, percent: null },
      { atMs: 1000, sessions: 1, percent: 25 },
    ];
    expect(curveOf(points, 1000)).toBe("0.0,0.0 1000.0,75.0");
    expect(curveOf([], 0)).toBe("");
  });
});

describe("largestDrop", () => {
  it("names the shot in which most of its viewers left", () => {
    const points = [10, 9, 9, 4, 4, 4].map((sessions, step) => ({
      atMs: step * 1000,
      sessions,
      percent: sessions * 10,
    }));
    const shot = (title: string, atMs: number, endMs: number) => ({
      title,
      atMs,
      endMs,
      flowId: null,
      flowTime: null,
    });
    const drop = largestDrop({
      ...metrics,
      retention: points,
      shots: [shot("first", 0, 2000), shot("second", 2000, 4000), shot("third", 4000, 6000)],
    });
    expect(drop?.shot.title).toBe("second");
    expect(drop?.percent).toBe(56);
    expect(largestDrop({ ...metrics, retention: null })).toBeNull();
    expect(largestDrop({ ...metrics, retention: [], shots: [shot("a", 0, 1)] })).toBeNull();
  });
});

describe("csvOf", () => {
  it("is no program in a spreadsheet", () => {
    const placements = {
      rows: [
        {
          title: '=HYPERLINK("x"),y',
          code: "ABC",
          sessions: 7,
          scans: null,
          plays: null,
          scanToPlayPercent: null,
        },
      ],
      hiddenRows: 0,
    };
    const text = csvOf({ ...metrics, placements, series: [], retention: null, devices: null });
    expect(text).toContain(`place,"'=HYPERLINK(""x""),y",ABC,7,,`);
    expect(text.split("\r\n")[0]).toBe("part,title,code,sessions,scans,plays");
  });
});

describe("the axis", () => {
  it("ends where the last shot does", () => {
    expect(endOf(metrics)).toBe(108_000);
    expect(clockOf(65_400)).toBe("1:05");
  });
});
