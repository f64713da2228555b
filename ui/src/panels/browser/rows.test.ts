import { describe, expect, it } from "vitest";
import type { FlowView, SourceView } from "../../backend/generated";
import { inView, rowsOf, scrollTo, stepFrom, topsOf } from "./rows";

function flow(id: string): FlowView {
  return {
    id,
    title: id,
    format: "video",
    playable: true,
    availability: "cached",
    timerange: "[0:0_1:0)",
    durationMs: 1000,
    frameRate: null,
    width: 2,
    height: 2,
    sound: false,
  };
}

function source(id: string): SourceView {
  return { id, title: id, created: null, flows: [flow(`${id}1`), flow(`${id}2`)], tags: [] };
}

const sources = [source("a"), source("b"), source("c")];

describe("rowsOf", () => {
  it("unfolds flows and shows one bar below them", () => {
    const rows = rowsOf(sources, new Set(["b"]), "b2");
    expect(rows.map((row) => row.key)).toEqual(["a", "b", "b/b1", "b/b2", "b/bar", "c"]);
    expect(topsOf(rows)).toEqual([0, 40, 80, 108, 136, 172, 212]);
  });

  it("shows no bar where its source is folded", () => {
    expect(rowsOf(sources, new Set(), "b2").map((row) => row.kind)).toEqual([
      "source",
      "source",
      "source",
    ]);
  });
});

describe("inView", () => {
  const rows = rowsOf(
    Array.from({ length: 300 }, (_, index) => source(`s${index}`)),
    new Set(),
    null,
  );
  const tops = topsOf(rows);

  it("keeps a window of rows, however long the list", () => {
    expect(inView(tops, 0, 400, 0)).toEqual({ first: 0, end: 10 });
    expect(inView(tops, 4000, 400, 0)).toEqual({ first: 99, end: 110 });
    expect(inView(tops, 12_000, 400, 0)).toEqual({ first: 299, end: 300 });
  });

  it("covers every pixel in view", () => {
    for (let scroll = 0; scroll < 11_600; scroll += 37) {
      const { first, end } = inView(tops, scroll, 400, 0);
      expect(tops[first]).toBeLessThanOrEqual(scroll);
      expect(tops[end]).toBeGreaterThanOrEqual(scroll + 400);
    }
  });

  it("is empty without rows", () => {
    expect(inView([0], 0, 400)).toEqual({ first: 0, end: 0 });
  });
});

describe("scrollTo", () => {
  const tops = [0, 40, 80, 120, 160];
  it("moves only as far as it has to", () => {
    expect(scrollTo(tops, 1, 0, 100)).toBe(0);
    expect(scrollTo(tops, 3, 0, 100)).toBe(60);
    expect(scrollTo(tops, 0, 60, 100)).toBe(0);
  });
});

describe("stepFrom", () => {
  const rows = rowsOf(sources, new Set(["b"]), "b1");
  it("skips the bar and holds at the ends", () => {
    expect(stepFrom(rows, 3, 1)).toBe(5);
    expect(stepFrom(rows, 5, -1)).toBe(3);
    expect(stepFrom(rows, 0, -1)).toBe(0);
    expect(stepFrom(rows, 5, 10)).toBe(5);
  });
  it("begins at an end when nothing is chosen", () => {
    expect(stepFrom(rows, -1, 1)).toBe(0);
    expect(stepFrom(rows, -1, -1)).toBe(5);
    expect(stepFrom([], -1, 1)).toBe(-1);
  });
});
