import { describe, expect, it } from "vitest";
import { isTooHigh, tenthsText } from "./loudness";

describe("loudness", () => {
  it("is written with one decimal and a true minus", () => {
    expect([-182, 0, -5, null].map(tenthsText)).toEqual(["−18.2", "0.0", "−0.5", "—"]);
  });

  it("warns of peaks above −1 dBTP only", () => {
    const of = (truePeak: number | null) => ({
      momentary: null,
      shortTerm: null,
      integrated: null,
      truePeak,
    });
    expect([-11, -10, -9, 3, null].map((peak) => isTooHigh(of(peak)))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });
});
