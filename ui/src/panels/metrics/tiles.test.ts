import { describe, expect, it } from "vitest";
import type { MetricsView } from "../../backend/generated";
import { isQuiet, reachOf, tilesOf } from "./tiles";

const unknown: MetricsView = {
  compilationId: "c",
  range: "24h",
  sessionViews: null,
  mobilePercent: null,
  qrScans: null,
  watchSeconds: null,
  avgWatchSeconds: null,
  completion: null,
  asOf: null,
  source: "local",
  stale: null,
  sessions: null,
  startupP50Ms: null,
  startupP95Ms: null,
  rebufferPercent: null,
  errorPercent: null,
  nowPlaying: null,
  changes: [],
  series: [],
  retention: null,
  shots: [],
  placements: null,
  devices: null,
  countries: null,
  cannot: [],
};

describe("tilesOf", () => {
  it("never shows what is not known as zero", () => {
    for (const metrics of [null, unknown]) {
      for (const tile of tilesOf(metrics)) {
        expect(tile).toMatchObject({ value: "—", note: "not known yet", known: false });
      }
    }
  });

  it("shows a zero that is known", () => {
    const [views, mobile] = tilesOf({ ...unknown, sessionViews: 0, mobilePercent: 0 });
    expect(views).toMatchObject({ value: "0", known: true });
    expect(mobile).toMatchObject({ value: "0 %", known: true });
  });

  it("writes numbers as people read them", () => {
    const tiles = tilesOf({
      ...unknown,
      sessionViews: 1284,
      mobilePercent: 86.4,
      qrScans: 941,
      watchSeconds: 102_180,
      avgWatchSeconds: 80,
      startupP50Ms: 640,
      startupP95Ms: 2210,
      nowPlaying: 3,
      changes: [
        { part: "sessionViews", by: 200, percent: 18.4 },
        { part: "qrScans", by: -4, percent: -0.4 },
        { part: "mobilePercent", by: -12, percent: -12.2 },
      ],
      cannot: [{ part: "errorPercent", why: "the table has no column for state" }],
    });
    expect(tiles.map(({ value }) => value)).toEqual([
      "1,284",
      "86.4 %",
      "941",
      "28 h 23 min",
      "640 ms",
      "—",
      "—",
      "3",
    ]);
    expect(tiles.map(({ change }) => change).slice(0, 3)).toEqual(["+18 %", "−12 %", "as before"]);
    expect(tiles[4]?.note).toBe("95 of 100 below 2.2 s");
    expect(tiles[6]?.note).toBe("the table has no column for state");
    expect(tiles[3]?.note).toBe("1 min 20 s a play");
  });
});

describe("reachOf", () => {
  it("is a share of the sessions that began", () => {
    const reach = reachOf({ ...unknown, completion: [200, 150, 100, 90, 61] });
    expect(reach?.map(({ percent }) => percent)).toEqual([100, 75, 50, 45, 31]);
  });
  it("is unknown rather than a row of zeros", () => {
    expect(reachOf(null)).toBeNull();
    expect(reachOf(unknown)).toBeNull();
    expect(reachOf({ ...unknown, completion: [0, 0, 0, 0, 0] })).toBeNull();
    expect(reachOf({ ...unknown, completion: [1, 1] })).toBeNull();
  });
});

describe("isQuiet", () => {
  it("needs known zeros", () => {
    expect(isQuiet(unknown)).toBe(false);
    expect(isQuiet({ ...unknown, sessionViews: 0, qrScans: 0 })).toBe(true);
    expect(isQuiet({ ...unknown, sessionViews: 0, qrScans: 1 })).toBe(false);
  });
});
