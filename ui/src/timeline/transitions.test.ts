import { describe, expect, it } from "vitest";
import { clipsOf } from "./fixtures";
import {
  cutAt,
  cutsOf,
  edgeWords,
  lengthened,
  meantCut,
  transitionBoxes,
  transitionWords,
} from "./transitions";

const plain = clipsOf(50, 100, 30);
const fade = { before: 10, behind: 0 };
const dissolve = { before: 12, behind: 13 };
/** A dissolve over the first cut, a fade at the end. */
const clips = plain.map((clip, i) => ({
  ...clip,
  head: i === 1 ? dissolve : null,
  tail: i === 2 ? fade : null,
}));

describe("a cut", () => {
  it("belongs to the clip it leads to, the last edge to the last clip", () => {
    expect(cutsOf(clips)).toEqual([
      { clip: "c0", edge: "in", at: 0, between: false, transition: null },
      { clip: "c1", edge: "in", at: 50, between: true, transition: dissolve },
      { clip: "c2", edge: "in", at: 150, between: true, transition: null },
      { clip: "c2", edge: "out", at: 180, between: false, transition: fade },
    ]);
    expect(cutAt(clips, 0, "out")).toEqual(cutAt(clips, 1, "in"));
    expect(cutAt(clips, 3, "in")).toBeNull();
  });

  it("is the one nearest to the playhead that has clips or a fade", () => {
    expect(meantCut(plain, [], 0)?.at).toBe(50);
    expect(meantCut(plain, [], 101)?.at).toBe(150);
    expect(meantCut(plain, [], 179)?.at).toBe(150);
    expect(meantCut(clips, [], 179)?.at).toBe(180);
    expect(meantCut([], [], 5)).toBeNull();
  });

  it("is an edge of the selected clips where there are some", () => {
    expect(meantCut(plain, ["c2"], 0)?.at).toBe(150);
    expect(meantCut(plain, ["c0"], 0)).toMatchObject({ at: 0, edge: "in", between: false });
    expect(meantCut(plain, ["gone"], 0)?.at).toBe(50);
    expect(meantCut(clipsOf(40), [], 39)).toMatchObject({ at: 40, edge: "out" });
  });
});

describe("the words", () => {
  it("say what it is and how long", () => {
    expect(cutsOf(clips).map(transitionWords)).toEqual([
      "",
      "Dissolve, 25 frames",
      "",
      "Fade out, 10 frames",
    ]);
    expect(edgeWords(clips, 0)).toBe(", dissolve out, 25 frames");
    expect(edgeWords(clips, 1)).toBe(", dissolve in, 25 frames");
    expect(edgeWords(clips, 2)).toBe(", fade out, 10 frames");
  });
});

it("is made longer around the cut, a fade on its own side", () => {
  const of = (at: number) => {
    const cut = cutsOf(clips)[at];
    return cut && lengthened(cut, 7);
  };
  expect([of(0), of(1), of(3)]).toEqual([
    { before: 0, behind: 7 },
    { before: 3, behind: 4 },
    { before: 7, behind: 0 },
  ]);
});

describe("a box", () => {
  it("lies over the frames of the transition", () => {
    const boxes = transitionBoxes(clips, { width: 1000, pxPerFrame: 4, firstFrame: 0 });
    expect(boxes.map(({ left, width }) => [left, width])).toEqual([
      [152, 100],
      [680, 40],
    ]);
  });

  it("is there while a part of it is in sight, and wide enough", () => {
    const seen = (firstFrame: number, frames: number, pxPerFrame = 4) =>
      transitionBoxes(clips, { width: frames * pxPerFrame, pxPerFrame, firstFrame }).length;
    expect(seen(20, 19)).toBe(1);
    expect(seen(20, 18)).toBe(0);
    expect(seen(62, 20)).toBe(1);
    expect(seen(63, 20)).toBe(0);
    expect(seen(0, 200, 0.2)).toBe(1);
  });
});
