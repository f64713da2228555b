import { describe, expect, it } from "vitest";
import type { Phase } from "./player";
import type { Card } from "./session";
import { clock, duration, notice } from "./words";

const CARD: Card = {
  state: "expired",
  open: "",
  compilation_id: null,
  title: "Open-air weekend",
  description: "",
  poster: null,
  duration_ms: null,
  width: null,
  height: null,
  sound: false,
  code: "4K7M-QX2V-B9CD",
  expires: "2027-01-31T12:00:00Z",
  publisher: { name: "Meridian Culture", home: null, contact: null },
};

it("positions as on a clock", () => {
  expect([0, 54.9, 61, 3_723, -1, Number.NaN, Number.POSITIVE_INFINITY].map(clock)).toEqual([
    ...["0:00", "0:54", "1:01", "1:02:03", "0:00", "0:00", "0:00"],
  ]);
});

it("durations in words", () => {
  expect([108_000, 60_000, 5_312, 7_500_000, 3_600_000, 200, 59_700].map(duration)).toEqual([
    ...["1 min 48 s", "1 min", "5 s", "2 h 5 min", "1 h", "1 s", "1 min"],
  ]);
});

describe("notices", () => {
  it("are there for every phase without a video, and only for them", () => {
    const without: Phase[] = ["expired", "revoked", "notfound", "offline", "unsupported", "failed"];
    const withVideo: Phase[] = ["opening", "poster", "loading", "playing", "paused", "ended"];
    const titles = without.map((phase) => notice(phase, CARD)?.title);
    expect(new Set(titles).size).toBe(without.length);
    expect(titles).not.toContain(undefined);
    expect(withVideo.map((phase) => notice(phase, CARD))).toEqual(withVideo.map(() => undefined));
  });

  it("say until when", () => {
    expect(notice("expired", CARD)?.text).toContain(
      "Open-air weekend could be watched until 31\u00a0January\u00a02027.",
    );
    expect(notice("expired", { ...CARD, expires: null })?.text).toContain("until its last day.");
  });

  it("offer another try where it can help", () => {
    expect(notice("offline", CARD)?.retry).toBeDefined();
    expect(notice("revoked", CARD)?.retry).toBeUndefined();
  });
});
