import { describe, expect, it } from "vitest";
import {
  type DragContext,
  type DragEffect,
  type DragEvent,
  type DragState,
  dragStep,
  IDLE,
  moveTarget,
  type PressTarget,
} from "./drag";
import { clipsOf, flowOf } from "./fixtures";
import { hitClip } from "./geometry";
import { newMarker } from "./markers";

const clips = clipsOf(50, 100, 30);

function context(over: Partial<DragContext> = {}): DragContext {
  return {
    clips,
    frames: 180,
    rate: { numerator: 25, denominator: 1 },
    view: { width: 800, pxPerFrame: 4, firstFrame: 0 },
    selected: [],
    playhead: 0,
    lossless: false,
    segments: { flow: flowOf() },
    playheadPoints: () => [],
    markers: [],
    marks: null,
    ...over,
  };
}

/** Presses at a pixel, moves through others and lets go; all effects in order. */
function run(
  ctx: DragContext,
  x: number,
  moves: number[],
  end: "release" | "cancel" | "hold" = "release",
  extra: { additive?: boolean; shift?: boolean; ruler?: boolean } = {},
): { state: DragState; effects: DragEffect[] } {
  const hit = hitClip(ctx.clips, x, ctx.view);
  const target: PressTarget = extra.ruler
    ? { on: "ruler" }
    : hit === null
      ? { on: "empty" }
      : { on: "clip", hit };
  const events: DragEvent[] = [
    { kind: "press", target, x, y: 0, additive: extra.additive ?? false },
    ...moves.map((to): DragEvent => ({ kind: "move", x: to, y: 0, shift: extra.shift ?? false })),
  ];
  if (end !== "hold") events.push({ kind: end });
  let state: DragState = IDLE;
  const effects: DragEffect[] = [];
  for (const event of events) {
    const step = dragStep(state, event, ctx);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

function edits(effects: DragEffect[]) {
  return effects.flatMap((effect) => (effect.kind === "edit" ? [effect.edit] : []));
}

describe("clicks", () => {
  it("select the clip under the pointer", () => {
    expect(run(context(), 400, []).effects).toEqual([{ kind: "select", clips: ["c1"] }]);
  });

  it("add to the selection and take from it with the key held", () => {
    const ctx = context({ selected: ["c0", "c1"] });
    expect(run(ctx, 400, [], "release", { additive: true }).effects).toEqual([
      { kind: "select", clips: ["c0"] },
    ]);
    expect(run(ctx, 660, [], "release", { additive: true }).effects).toEqual([
      { kind: "select", clips: ["c0", "c1", "c2"] },
    ]);
  });

  it("leave one of several selected clips", () => {
    const ctx = context({ selected: ["c0", "c1"] });
    expect(run(ctx, 400, []).effects).toEqual([{ kind: "select", clips: ["c1"] }]);
  });

  it("beside the clips empty the selection", () => {
    expect(run(context({ selected: ["c1"] }), 780, []).effects).toEqual([
      { kind: "select", clips: [] },
    ]);
  });

  it("that tremble by a pixel or two drag nothing", () => {
    expect(edits(run(context(), 400, [401, 402]).effects)).toEqual([]);
  });
});

describe("moving a clip", () => {
  it("is one edit, at the end", () => {
    const { effects } = run(context(), 100, [200, 500, 610]);
    expect(edits(effects)).toEqual([{ kind: "move", clip: "c0", to: 2 }]);
  });

  it("shows a ghost at the pointer and the joint it would go to", () => {
    const { state } = run(context(), 100, [610], "hold");
    expect(state).toMatchObject({ kind: "moving", ghostAt: 127.5, to: 2 });
    expect(moveTarget(state, clips)).toBe(150);
  });

  it("is no edit where the clip already is", () => {
    expect(edits(run(context(), 400, [300]).effects)).toEqual([]);
    expect(moveTarget(run(context(), 400, [300], "hold").state, clips)).toBeNull();
  });

  it("is taken back by Esc", () => {
    expect(edits(run(context(), 100, [610], "cancel").effects)).toEqual([]);
  });
});

describe("trimming", () => {
  it("moves the first frame and keeps the end", () => {
    expect(edits(run(context(), 201, [241]).effects)).toEqual([
      { kind: "trim", clip: "c1", first: 110, frames: 90 },
    ]);
  });

  it("moves the end and keeps the first frame", () => {
    expect(edits(run(context(), 598, [640]).effects)).toEqual([
      { kind: "trim", clip: "c1", first: 100, frames: 110 },
    ]);
  });

  it("is held to what the flow has, and keeps one frame", () => {
    expect(edits(run(context(), 201, [-900]).effects)).toEqual([
      { kind: "trim", clip: "c1", first: 0, frames: 200 },
    ]);
    expect(edits(run(context(), 201, [5000]).effects)).toEqual([
      { kind: "trim", clip: "c1", first: 199, frames: 1 },
    ]);
    expect(edits(run(context(), 598, [90_000]).effects)).toEqual([
      { kind: "trim", clip: "c1", first: 100, frames: 400 },
    ]);
  });

  it("does not grow at the end while the flow's length is not known", () => {
    expect(edits(run(context({ segments: {} }), 598, [640]).effects)).toEqual([]);
  });

  it("snaps to cuts that break no GOP when asked to", () => {
    // Sequence frame 73 is frame 123 of the flow; its key frame is 125.
    const { state } = run(context({ lossless: true }), 201, [292], "hold");
    expect(state).toMatchObject({
      trim: { first: 125, frames: 75, snapped: { kind: "lossless cut", frame: 125 } },
    });
    const free = run(context({ lossless: true }), 201, [292], "hold", { shift: true });
    expect(free.state).toMatchObject({ trim: { first: 123, snapped: null } });
  });

  it("snaps to markers of the sequence", () => {
    const markers = [{ ...newMarker(60), id: "m" }];
    expect(run(context({ markers }), 201, [238], "hold").state).toMatchObject({
      trim: { first: 110, snapped: { kind: "marker" } },
    });
  });

  it("snaps to the playhead and to the marks of the same flow", () => {
    const marks = { flowId: "flow", markIn: 140, markOut: null };
    expect(run(context({ playhead: 60 }), 201, [238], "hold").state).toMatchObject({
      trim: { first: 110, snapped: { kind: "playhead" } },
    });
    expect(run(context({ marks }), 201, [358], "hold").state).toMatchObject({
      trim: { first: 140, snapped: { kind: "mark in" } },
    });
    const other = { ...marks, flowId: "other" };
    expect(run(context({ marks: other }), 201, [358], "hold").state).toMatchObject({
      trim: { snapped: null },
    });
  });

  it("counts a clip of another rate in frames of its flow", () => {
    // 160 frames of 50 a second, cut from frame 100, lie on 80 of the sequence.
    const [clip] = clipsOf(80);
    if (clip === undefined) throw new Error("no clip");
    const rate = { numerator: 50, denominator: 1 };
    const fast = { ...clip, sourceFrames: 159, sourceFrameRate: rate };
    const ctx = context({ clips: [fast], frames: 80, lossless: true });
    expect(edits(run(ctx, 1, [41]).effects)).toEqual([
      { kind: "trim", clip: "c0", first: 121, frames: 138 },
    ]);
    // Counted from where the end is drawn: half a frame of the sequence is left over there.
    expect(edits(run(ctx, 319, [280]).effects)).toEqual([
      { kind: "trim", clip: "c0", first: 100, frames: 139 },
    ]);
    expect(edits(run(ctx, 319, [340, 320]).effects)).toEqual([]);
  });

  it("is no edit when nothing changed, and Esc takes it back", () => {
    expect(edits(run(context(), 201, [241, 201]).effects)).toEqual([]);
    expect(edits(run(context(), 201, [241], "cancel").effects)).toEqual([]);
  });
});

describe("scrubbing", () => {
  it("scrubs while the pointer moves and seeks where it is let go", () => {
    const { effects } = run(context(), 40, [41, 80, 90_000], "release", { ruler: true });
    expect(effects).toEqual([
      { kind: "scrub", frame: 10 },
      { kind: "scrub", frame: 20 },
      { kind: "scrub", frame: 179 },
      { kind: "seek", frame: 179 },
    ]);
  });

  it("snaps with Shift and goes back on Esc", () => {
    const ctx = context({ playhead: 5, playheadPoints: () => [{ frame: 50, kind: "clip edge" }] });
    const { effects } = run(ctx, 40, [196], "cancel", { ruler: true, shift: true });
    expect(effects).toEqual([
      { kind: "scrub", frame: 10 },
      { kind: "scrub", frame: 50 },
      { kind: "seek", frame: 5 },
    ]);
  });
});

describe("drawing a selection", () => {
  it("selects what it touches, adds to what was selected with the key held", () => {
    expect(run(context(), 790, [660]).effects.at(-1)).toEqual({ kind: "select", clips: ["c2"] });
    const ctx = context({ selected: ["c0"] });
    expect(run(ctx, 790, [660], "release", { additive: true }).effects.at(-1)).toEqual({
      kind: "select",
      clips: ["c0", "c2"],
    });
  });

  it("gives back what was selected on Esc", () => {
    const ctx = context({ selected: ["c0"] });
    const { effects } = run(ctx, 790, [660], "cancel", { additive: true });
    expect(effects.at(-1)).toEqual({ kind: "select", clips: ["c0"] });
  });
});
