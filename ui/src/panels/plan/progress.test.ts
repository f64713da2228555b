import { describe, expect, it } from "vitest";
import { byteRate, leftMs, percent, spanProgress } from "./progress";

function at(done: number, total: number, bytes = 0) {
  return { stage: "Writing", done, total, unit: "frames", bytes };
}

describe("percent", () => {
  it("never says 100 before the end, nor more behind it", () => {
    expect(percent(at(999, 1000))).toBe(99);
    expect(percent(at(1000, 1000))).toBe(100);
    expect(percent(at(1200, 1000))).toBe(100);
  });
  it("is unknown without a whole", () => {
    expect(percent(at(10, 0))).toBeNull();
    expect(percent(null)).toBeNull();
  });
});

describe("leftMs", () => {
  it("goes on as it went", () => {
    expect(leftMs(at(250, 1000), 5000)).toBe(15_000);
    expect(leftMs(at(1000, 1000), 5000)).toBe(0);
  });
  it("does not guess from too little", () => {
    expect(leftMs(at(19, 1000), 5000)).toBeNull();
    expect(leftMs(at(500, 1000), 999)).toBeNull();
    expect(leftMs(at(0, 1000), 5000)).toBeNull();
  });
});

describe("byteRate", () => {
  it("counts bytes a second", () => {
    expect(byteRate(at(1, 2, 5_000_000), 2000)).toBe(2_500_000);
    expect(byteRate(at(1, 2, 0), 2000)).toBeNull();
  });
});

describe("spanProgress", () => {
  it("follows the output in order", () => {
    const span = { at: 100, frames: 50 };
    expect(spanProgress(span, 100)).toEqual({ kind: "waiting" });
    expect(spanProgress(span, 123)).toEqual({ kind: "running", percent: 46 });
    expect(spanProgress(span, 150)).toEqual({ kind: "done" });
  });
});
