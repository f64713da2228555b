import { describe, expect, it } from "vitest";
import { extentOf, lengthOf } from "./timerange";

describe("extentOf", () => {
  it("reads both ends exactly", () => {
    expect(extentOf("[1790100382:0_1790100417:680000000)")).toEqual({
      start: 1_790_100_382_000_000_000n,
      end: 1_790_100_417_680_000_000n,
    });
  });
  it("reads negative times as one signed number", () => {
    expect(extentOf("[-1:500000000_0:0)")).toEqual({ start: -1_500_000_000n, end: 0n });
  });
  it("knows open ends, instants and nothing", () => {
    expect(extentOf("[10:0_")).toEqual({ start: 10_000_000_000n, end: null });
    expect(extentOf("_10:0)")).toEqual({ start: null, end: 10_000_000_000n });
    expect(extentOf("[5:0]")).toEqual({ start: 5_000_000_000n, end: 5_000_000_000n });
    expect(extentOf("()")).toBeNull();
    expect(extentOf("[soon_later)")).toBeNull();
  });
});

describe("lengthOf", () => {
  it("is the difference of both ends", () => {
    expect(lengthOf("[10:0_12:40000000)")).toBe(2_040_000_000n);
    expect(lengthOf("_")).toBeNull();
  });
});
