// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { ClipView, MarkerView, SequenceEdit, SequenceView } from "../generated";
import { FakeBackend } from "./backend";

let fake: FakeBackend;
let clips: ClipView[];

const edit = (change: SequenceEdit): Promise<SequenceView> =>
  fake.call("sequence_edit", { edit: change });

const id = (index: number) => clips[index]?.id ?? "";

beforeEach(async () => {
  fake = new FakeBackend("edit");
  clips = (await fake.call("desk_view", {})).sequence.clips;
});

describe("dissolves of the fake", () => {
  it("take a second around the cut, fades one on their side; all can be undone", async () => {
    const out = await edit({ kind: "dissolve", clip: id(0), edge: "out" });
    expect(out.clips[0]?.tail).toBeNull();
    expect(out.clips[1]?.head).toEqual({ before: 12, behind: 13 });
    expect(out.clips.map(({ at, frames }) => [at, frames])).toEqual(
      clips.map(({ at, frames }) => [at, frames]),
    );
    expect(out.history.at(-1)?.title).toBe(`Dissolve into ${clips[1]?.title}`);
    const faded = await edit({ kind: "dissolve", clip: id(0), edge: "in" });
    expect(faded.clips[0]?.head).toEqual({ before: 0, behind: 25 });
    const end = await edit({ kind: "dissolve", clip: id(3), edge: "out" });
    expect(end.clips[3]?.tail).toEqual({ before: 25, behind: 0 });
    await edit({ kind: "undo" });
    await edit({ kind: "undo" });
    const undone = await edit({ kind: "undo" });
    expect(undone.clips).toEqual(clips);
  });

  it("are refused where they are too long and taken out with no frames", async () => {
    const cut = { kind: "setTransition", clip: id(1), edge: "in" } as const;
    await expect(edit({ ...cut, before: 100_000, behind: 0 })).rejects.toMatchObject({
      title: "The dissolve is too long",
    });
    const set = await edit({ ...cut, before: 4, behind: 5 });
    expect(set.clips[1]?.head).toEqual({ before: 4, behind: 5 });
    const none = await edit({ ...cut, before: 0, behind: 0 });
    expect(none.clips[1]?.head).toBeNull();
  });

  it("are shortened by later edits; a fade goes when a clip follows", async () => {
    await edit({ kind: "setTransition", clip: id(1), edge: "in", before: 20, behind: 0 });
    await edit({ kind: "dissolve", clip: id(3), edge: "out" });
    const first = clips[0]?.sourceFirst ?? 0;
    const trimmed = await edit({ kind: "trim", clip: id(0), first, frames: 8 });
    expect(trimmed.clips[1]?.head).toEqual({ before: 8, behind: 0 });
    const part = { flowId: clips[0]?.flowId ?? "", markIn: 0, markOut: 50 };
    const longer = await edit({ kind: "append", part });
    expect(longer.clips[3]?.tail).toBeNull();
  });
});

describe("markers of the fake", () => {
  const marker: MarkerView = { id: "", at: 90, frames: 0, name: "", note: "", colour: "green" };

  it("are added in order, changed and removed, and undone", async () => {
    await edit({ kind: "addMarker", marker });
    const two = await edit({ kind: "addMarker", marker: { ...marker, at: 30 } });
    expect(two.markers.map(({ at }) => at)).toEqual([30, 90]);
    const [first] = two.markers;
    if (!first) throw new Error("no marker");
    const named = await edit({ kind: "changeMarker", marker: { ...first, name: "Cue", at: 95 } });
    expect(named.markers.map(({ at, name }) => [at, name])).toEqual([
      [90, ""],
      [95, "Cue"],
    ]);
    expect(named.history.at(-1)?.title).toBe("Change marker Cue");
    const left = await edit({ kind: "removeMarker", marker: first.id });
    expect(left.markers).toHaveLength(1);
    const back = await edit({ kind: "undo" });
    expect(back.markers).toHaveLength(2);
  });

  it("are refused with another colour or when they are gone", async () => {
    const grey = edit({ kind: "addMarker", marker: { ...marker, colour: "grey" } });
    await expect(grey).rejects.toMatchObject({ title: "The marker was not set" });
    const gone = edit({ kind: "removeMarker", marker: "none" });
    await expect(gone).rejects.toMatchObject({ title: "The marker is gone" });
  });
});
