import { describe, expect, it } from "vitest";
import {
  ageWords,
  bytesWords,
  clockWords,
  count,
  durationWords,
  grouped,
  mediaWords,
  shareWords,
  whenWords,
} from "./words";

describe("durations", () => {
  it.each([
    [0, "0.0 s"],
    [720, "0.7 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [139_000, "2 min 19 s"],
    [3_600_000, "1 h"],
    [3_840_000, "1 h 4 min"],
  ])("%i ms is %s", (ms, words) => expect(durationWords(ms)).toBe(words));

  it("says whole seconds of media", () => {
    expect(mediaWords(5_280)).toBe("5 s");
    expect(mediaWords(400)).toBe("0.4 s");
    expect(mediaWords(139_000)).toBe("2 min 19 s");
  });
});

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_500, "1.5 kB"],
    [999_960, "1.0 MB"],
    [107_900_000, "107.9 MB"],
    [1_840_000_000, "1.84 GB"],
    [41_600_000_000, "41.6 GB"],
  ])("%i bytes are %s", (bytes, words) => expect(bytesWords(bytes)).toBe(words));
});

describe("times", () => {
  const now = Date.parse("2026-01-02T12:00:00Z");

  it.each([
    ["2026-01-02T11:59:58Z", "now"],
    ["2026-01-02T11:59:20Z", "40 s ago"],
    ["2026-01-02T11:16:00Z", "44 min ago"],
    ["2026-01-02T09:00:00Z", "3 h ago"],
    ["2026-01-01T11:00:00Z", "1 day ago"],
    ["2025-12-30T11:00:00Z", "3 days ago"],
    [null, "not known yet"],
    ["nonsense", "not known yet"],
  ])("%s is %s", (then, words) => expect(ageWords(then, now)).toBe(words));

  it("says when, as briefly as today allows", () => {
    const noon = new Date(2026, 2, 1, 12, 0).getTime();
    const at = (...parts: [number, number, number]) =>
      whenWords(new Date(...parts, 9, 5).toISOString(), noon);
    expect(at(2026, 2, 1)).toBe("09:05");
    expect(at(2026, 1, 28)).toBe("yesterday 09:05");
    expect(at(2026, 1, 27)).toBe("27 Feb 09:05");
    expect(at(2025, 2, 1)).toBe("1 Mar 2025");
    expect(whenWords(null, noon)).toBe("");
  });

  it("says the time of day", () => {
    const local = new Date(2026, 0, 2, 7, 5, 9).toISOString();
    expect(clockWords(local)).toBe("07:05:09");
    expect(clockWords(local, false)).toBe("07:05");
    expect(clockWords(null)).toBe("");
  });
});

describe("counts and shares", () => {
  it("counts", () => {
    expect(count(1, "frame")).toBe("1 frame");
    expect(count(2_694, "frame")).toBe("2,694 frames");
    expect(count(2, "entry", "entries")).toBe("2 entries");
    expect(grouped(1_234_567)).toBe("1,234,567");
  });

  it("never rounds a share to all or nothing", () => {
    expect(shareWords(2_659, 2_694)).toBe("98.7 %");
    expect(shareWords(99_999, 100_000)).toBe("99.9 %");
    expect(shareWords(1, 100_000)).toBe("0.1 %");
    expect(shareWords(5, 5)).toBe("100 %");
    expect(shareWords(0, 5)).toBe("0 %");
    expect(shareWords(0, 0)).toBe("—");
  });
});
