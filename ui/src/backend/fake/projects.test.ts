// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { DeskEvent, ProjectDeed, SequenceEdit, SequenceView } from "../generated";
import { FakeBackend } from "./backend";

let fake: FakeBackend;
let told: SequenceView[];

const run = (deed: ProjectDeed) => fake.call("project_do", { deed });
const edit = (change: SequenceEdit) => fake.call("sequence_edit", { edit: change });
const sequence = async () => (await fake.call("desk_view", {})).sequence;
const names = async () => (await run({ kind: "list" })).projects.map(({ name }) => name);

beforeEach(async () => {
  fake = new FakeBackend("edit");
  told = [];
  await fake.listen((event: DeskEvent) => {
    if (event.kind === "sequence") told.push(event.sequence);
  });
});

describe("the fake's projects", () => {
  it("are listed with the open one first, then the newest", async () => {
    expect(await names()).toEqual([
      "Open-air weekend",
      "Spring promo",
      "Harbour at night",
      "Visitors, first cut",
    ]);
    const { projects, file } = await run({ kind: "list" });
    expect(projects.map(({ open }) => open)).toEqual([true, false, false, false]);
    expect(file).toBeNull();
  });

  it("have a sequence each, and count their revisions on from one another", async () => {
    const before = await sequence();
    await run({ kind: "new", name: " Autumn fair " });
    expect(await sequence()).toMatchObject({ project: "Autumn fair", clips: [], saved: null });
    const { projects } = await run({ kind: "list" });
    const old = projects.find(({ name }) => name === before.project);
    await run({ kind: "open", id: old?.id ?? "" });
    expect((await sequence()).clips).toEqual(before.clips);
    const revisions = [before, ...told].map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    expect(new Set(revisions).size).toBe(3);
  });

  it("are copied with their history", async () => {
    await edit({ kind: "remove", clips: ["clip-1"] });
    await run({ kind: "duplicate", name: "Copy" });
    const undone = await edit({ kind: "undo" });
    expect([undone.project, undone.clips.length]).toEqual(["Copy", 4]);
    const { projects } = await run({ kind: "list" });
    const first = projects.find(({ name }) => name === "Open-air weekend");
    await run({ kind: "open", id: first?.id ?? "" });
    expect((await sequence()).clips).toHaveLength(3);
  });

  it("are called otherwise, of the open one as a step", async () => {
    const { projects } = await run({ kind: "list" });
    await run({ kind: "rename", id: projects[1]?.id ?? "", name: "Spring" });
    expect(told).toEqual([]);
    await run({ kind: "rename", id: projects[0]?.id ?? "", name: "Weekend" });
    expect(told.at(-1)?.project).toBe("Weekend");
    expect((await names()).slice(0, 2)).toEqual(["Weekend", "Spring"]);
    expect((await edit({ kind: "undo" })).project).toBe("Open-air weekend");
    const noName = run({ kind: "rename", id: projects[0]?.id ?? "", name: " " });
    await expect(noName).rejects.toMatchObject({ code: "SO-PROJECT-004" });
  });

  it("are removed unless they are open", async () => {
    const { projects } = await run({ kind: "list" });
    const [open, other] = projects;
    const refused = run({ kind: "remove", id: open?.id ?? "" });
    await expect(refused).rejects.toMatchObject({ code: "SO-PROJECT-002" });
    await run({ kind: "remove", id: other?.id ?? "" });
    expect(await names()).not.toContain("Spring promo");
    const gone = run({ kind: "open", id: other?.id ?? "" });
    await expect(gone).rejects.toMatchObject({ code: "SO-PROJECT-001" });
  });

  it("go into files and come from files", async () => {
    expect((await run({ kind: "export" })).file).toBe("Open-air weekend.stringout");
    expect((await run({ kind: "import" })).file).toBe("Market day.stringout");
    expect((await sequence()).project).toBe("Market day");
    expect((await run({ kind: "import" })).file).toBe("Market day 2.stringout");
  });
});

describe("the fake's versions", () => {
  it("are kept, brought back as a step, and removed; numbers stay taken", async () => {
    await run({ kind: "keepVersion", name: "All" });
    await edit({ kind: "remove", clips: ["clip-1", "clip-2", "clip-3", "clip-4"] });
    const { versions } = await run({ kind: "keepVersion", name: "Empty" });
    expect(versions.map(({ number, name, clips }) => [number, name, clips])).toEqual([
      [2, "Empty", 0],
      [1, "All", 4],
    ]);
    await run({ kind: "restoreVersion", number: 1 });
    expect((await sequence()).clips).toHaveLength(4);
    expect((await sequence()).history.at(-1)?.title).toBe("Back to version 1, All");
    expect((await edit({ kind: "undo" })).clips).toEqual([]);
    await run({ kind: "removeVersion", number: 2 });
    const kept = await run({ kind: "keepVersion", name: "Again" });
    expect(kept.versions.map(({ number }) => number)).toEqual([3, 1]);
    const gone = run({ kind: "restoreVersion", number: 2 });
    await expect(gone).rejects.toMatchObject({ code: "SO-PROJECT-003" });
  });
});

describe("other media for clips", () => {
  it("are cut at the same frames, in one step", async () => {
    const [first, second] = (await sequence()).clips;
    const flowId = second?.flowId ?? "";
    const replaced = await edit({ kind: "replaceMedia", clips: [first?.id ?? ""], flowId });
    const { sourceFirst, frames, id } = first ?? {};
    expect(replaced.clips[0]).toMatchObject({ id, flowId, sourceFirst, frames });
    expect(replaced.history.at(-1)?.title).toBe("Cut a clip from Forecourt · overhead");
    expect((await edit({ kind: "undo" })).clips[0]?.flowId).toBe(first?.flowId);
  });

  it("have to have those frames", async () => {
    const { clips } = await sequence();
    const flowId = clips[0]?.flowId ?? "";
    const short = edit({ kind: "replaceMedia", clips: [clips[1]?.id ?? ""], flowId });
    await expect(short).rejects.toMatchObject({ code: "SO-EDIT-010" });
  });
});
