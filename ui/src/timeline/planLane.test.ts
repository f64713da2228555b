import { describe, expect, it } from "vitest";
import { clipsOf, flowOf, planOf, spanOf } from "./fixtures";
import { clipWords, signed, spanWords, trimHint } from "./hints";
import { clipPlanWords, clipStretches, currentPlan, planItems } from "./planLane";

const PAL = { numerator: 25, denominator: 1 };
const plan = planOf([spanOf("encode", 0, 18), spanOf("copy", 18, 582), spanOf("fill", 600, 100)]);
const clips = clipsOf(600, 100);

function clip(index: number) {
  const found = clips[index];
  if (found === undefined) throw new Error("no such clip");
  return found;
}

describe("the lane", () => {
  it("shows the plan of this revision only", () => {
    expect(currentPlan({ kind: "ready", plan }, 1)).toBe(plan);
    expect(currentPlan({ kind: "ready", plan }, 2)).toBeNull();
    expect(currentPlan({ kind: "planning", revision: 1 }, 1)).toBeNull();
  });

  it("never hides a span that is not copied", () => {
    const items = planItems(plan.spans, { width: 900, pxPerFrame: 0.1, firstFrame: 0 });
    expect(items.map((item) => item.look)).toEqual(["reencode", "copy", "slate"]);
    expect(items[0]?.width).toBe(6);
  });

  it("draws spans too narrow to tell apart as the least welcome of them", () => {
    const spans = Array.from({ length: 4000 }, (_, i) =>
      spanOf(i % 40 === 1 ? "encode" : "copy", i * 10, 10),
    );
    const items = planItems(spans, { width: 800, pxPerFrame: 0.02, firstFrame: 0 });
    expect(items.length).toBeLessThanOrEqual(800 / 6 + 1);
    expect(items.reduce((sum, item) => sum + item.count, 0)).toBe(4000);
    const mixed = items.filter((item) => item.look === "reencode");
    expect(mixed.length).toBe(100);
    // How much of a run is copied stays known, and its width is its own.
    expect(mixed[0]).toMatchObject({ frames: 300, copied: 290 });
    expect(mixed[0]?.width).toBeCloseTo(6);
  });

  it("leaves out what is not in sight", () => {
    const items = planItems(plan.spans, { width: 100, pxPerFrame: 1, firstFrame: 200 });
    expect(items).toMatchObject([{ look: "copy", index: 1, left: -182 }]);
  });
});

describe("a clip in the plan", () => {
  it("has the stretches that are not copied, counted from its first frame", () => {
    expect(clipStretches(plan, clip(0))).toEqual([{ look: "reencode", from: 0, frames: 18 }]);
    expect(clipStretches(plan, clip(1))).toEqual([{ look: "slate", from: 0, frames: 100 }]);
    expect(clipStretches(null, clip(0))).toEqual([]);
  });

  it("is told in words", () => {
    expect(clipPlanWords(plan, clip(0))).toBe("18 of 600 frames re-encoded, the rest copied");
    expect(clipPlanWords(plan, clip(1))).toBe("slate");
    expect(clipPlanWords(planOf([spanOf("copy", 0, 700)]), clip(0))).toBe("copied");
    expect(clipPlanWords(null, clip(0))).toBe("not planned yet");
    expect(clipWords(clip(1), PAL, 900_000, plan)).toBe(
      "Clip 1, video 1, from 10:00:24:00, 4 s, slate",
    );
    expect(spanWords(spanOf("encode", 0, 1))).toBe("Re-encode: Clip 0, 1 frame, whole GOPs");
  });
});

describe("the hint of a trim", () => {
  it("says how far, what it costs and where it would cost nothing", () => {
    const trim = { clip: clip(0), side: "head" as const, first: 82, frames: 618, snapped: null };
    expect(trimHint(trim, flowOf(1000), PAL)).toEqual([
      { look: "reencode", strong: "Trim start −18 f", rest: "re-encodes 0.72 s" },
      { look: "copy", strong: "", rest: "Key frame at −7 f copies everything" },
    ]);
  });

  it("is one line where everything is copied", () => {
    const trim = { clip: clip(0), side: "tail" as const, first: 100, frames: 625, snapped: null };
    expect(trimHint(trim, flowOf(1000), PAL)).toEqual([
      { look: "copy", strong: "Trim end +25 f", rest: "everything copied" },
    ]);
  });

  it("says that nothing of a clip of another rate is copied", () => {
    const fast = { ...clip(0), sourceFrameRate: { numerator: 50, denominator: 1 } };
    const trim = { clip: fast, side: "tail" as const, first: 100, frames: 625, snapped: null };
    expect(trimHint(trim, flowOf(1000), PAL)).toEqual([
      {
        look: "reencode",
        strong: "Trim end +25 f",
        rest: "all re-encoded, its frame rate is another one",
      },
    ]);
  });

  it("promises nothing while the key frames are not known", () => {
    const trim = { clip: clip(0), side: "head" as const, first: 101, frames: 599, snapped: null };
    expect(trimHint(trim, null, PAL)).toEqual([
      { look: null, strong: "Trim start +1 f", rest: "key frames not read yet" },
    ]);
    expect(signed(0)).toBe("0");
  });
});
