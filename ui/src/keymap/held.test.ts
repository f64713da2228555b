import { describe, expect, it } from "vitest";
import { holdsK, type KeyNews, meantStroke } from "./held";

const struck = (stroke: string, taken = true): KeyNews => ({ kind: "struck", stroke, taken });
const released = (key: string): KeyNews => ({ kind: "released", key });
const keptBy = (...news: KeyNews[]) => news.reduce(holdsK, false);

describe("K", () => {
  it("is held until it is let go or the window loses the keys", () => {
    expect(keptBy()).toBe(false);
    expect(keptBy(struck("K"))).toBe(true);
    expect(keptBy(struck("K"), struck("J"), released("j"), struck("L"))).toBe(true);
    expect(keptBy(struck("K"), struck("K"))).toBe(true);
    expect(keptBy(struck("K"), released("k"))).toBe(false);
    expect(keptBy(struck("K"), released("K"))).toBe(false);
    expect(keptBy(struck("K"), { kind: "left" })).toBe(false);
  });

  it("is not held as a letter of a text or with another key of its own meaning", () => {
    expect(keptBy(struck("K", false))).toBe(false);
    expect(keptBy(struck("Ctrl+K"))).toBe(false);
    expect(keptBy(struck("Shift+K"))).toBe(false);
    expect(keptBy(struck("J"))).toBe(false);
  });
});

describe("J and L", () => {
  it("step only while K is held", () => {
    expect(["J", "L"].map((stroke) => meantStroke(true, stroke))).toEqual(["K+J", "K+L"]);
    expect(["J", "L"].map((stroke) => meantStroke(false, stroke))).toEqual(["J", "L"]);
    expect(["K", "Space", "Shift+J"].map((stroke) => meantStroke(true, stroke))).toEqual([
      "K",
      "Space",
      "Shift+J",
    ]);
  });
});
