// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import type { Commands, FlowPurpose, MonitorName, WindowDeed } from "../generated";
import { FakeBackend } from "./backend";
import { fitted } from "./pictures";
import { scenarioOf } from "./scenario";

describe("the fake program", () => {
  it("refuses what it does not know", async () => {
    const fake = new FakeBackend("edit");
    const call = fake.call("nothing" as keyof Commands, {});
    await expect(call).rejects.toMatchObject({ code: "SO-UI-002" });
  });

  it("plays the scenario of the address", () => {
    expect(scenarioOf("?scenario=offline")).toBe("offline");
    expect(scenarioOf("?scenario=x")).toBe("first-run");
  });

  it("gives monitors windows of their own, and takes them back", async () => {
    const fake = new FakeBackend("edit");
    const told: string[][] = [];
    await fake.listen((event) => {
      if (event.kind === "detached") told.push(event.monitors);
    });
    const ask = (monitor: MonitorName, deed: WindowDeed) =>
      fake.call("monitor_window", { monitor, deed });
    await ask("source", "detach");
    await ask("record", "detach");
    await ask("record", "fullScreen");
    // A window that is there already is only raised.
    await ask("source", "detach");
    expect(new Set((await fake.call("desk_view", {})).detached)).toEqual(
      new Set(["source", "record"]),
    );
    await ask("source", "attach");
    await ask("record", "attach");
    expect(told.map((names) => names.length)).toEqual([1, 2, 2, 1, 0]);
    expect((await fake.call("desk_view", {})).detached).toEqual([]);
  });

  it("inserts inside a clip and overwrites what lies under a part", async () => {
    const fake = new FakeBackend("edit");
    const { sequence } = await fake.call("desk_view", {});
    const part = { flowId: sequence.clips[0]?.flowId ?? "", markIn: 0, markOut: 100 };
    const inserted = await fake.call("sequence_edit", { edit: { kind: "insert", part, at: 300 } });
    expect(inserted.clips.slice(0, 3).map((clip) => clip.frames)).toEqual([300, 100, 300]);
    expect(inserted.frames).toBe(sequence.frames + 100);
    await fake.call("sequence_edit", { edit: { kind: "undo" } });
    const over = await fake.call("sequence_edit", { edit: { kind: "overwrite", part, at: 550 } });
    expect(over.clips.slice(0, 3).map((clip) => clip.frames)).toEqual([550, 100, 560]);
    expect(over.frames).toBe(sequence.frames);
  });

  it("shows a clip of another rate at the rate of the first", async () => {
    const fake = new FakeBackend("edit");
    const { sequence } = await fake.call("desk_view", {});
    const last = sequence.clips.at(-1);
    expect(last).toMatchObject({ frames: 592, sourceFirst: 216, sourceFrames: 1184 });
    const at = (last?.at ?? 0) + 100;
    const split = await fake.call("sequence_edit", { edit: { kind: "split", at } });
    expect(split.clips.slice(-2)).toMatchObject([
      { frames: 100, sourceFirst: 216, sourceFrames: 200 },
      { frames: 492, sourceFirst: 416, sourceFrames: 984, at },
    ]);
    const move = { kind: "move", clip: last?.id ?? "", to: 0 } as const;
    const moved = await fake.call("sequence_edit", { edit: move });
    expect(moved.frameRate).toEqual({ numerator: 50, denominator: 1 });
    expect(moved.clips.slice(0, 2).map((clip) => clip.frames)).toEqual([200, 1200]);
  });

  it("cuts from preview flows and links the clips to the best ones, which can be undone", async () => {
    vi.useFakeTimers();
    const fake = new FakeBackend("previews");
    const { sources, sequence } = await fake.call("desk_view", {});
    expect(sequence.clips.map(({ preview }) => preview)).toEqual([false, false, true, false]);
    const stage = sources.find(({ title }) => title === "Stage · camera 2");
    const part = { flowId: stage?.previewFlow ?? "", markIn: 100, markOut: 200 };
    const { clips } = await fake.call("sequence_edit", { edit: { kind: "append", part } });
    expect(clips.map(({ preview }) => preview)).toEqual([false, false, true, false, true]);
    const relink = async (clips: string[], purpose: FlowPurpose) => {
      await fake.call("sequence_relink", { clips, purpose });
      await vi.advanceTimersByTimeAsync(2_000);
      const desk = await fake.call("desk_view", {});
      expect(desk.jobs[0]?.kind).toBe("relink");
      return { ...desk.sequence, job: desk.jobs[0]?.state };
    };
    const best = await relink([], "best");
    expect(best.job).toEqual({ kind: "done", result: { kind: "relinked", clips: 2 } });
    expect(best.history.at(-1)?.title).toBe("Link to the best flows");
    expect(best.clips.some(({ preview }) => preview)).toBe(false);
    expect(best.clips.at(-1)).toMatchObject({
      id: clips.at(-1)?.id,
      flowId: stage?.bestFlow,
      sourceFirst: 100,
      sourceFrames: 100,
    });
    const one = await relink([clips[2]?.id ?? ""], "preview");
    expect(one.clips.map(({ preview }) => preview)).toEqual([false, false, true, false, false]);
    for (const expected of [0, 2]) {
      const undone = await fake.call("sequence_edit", { edit: { kind: "undo" } });
      expect(undone.clips.filter(({ preview }) => preview)).toHaveLength(expected);
    }
    vi.useRealTimers();
  });

  it("covers the sequence with the spans of its plan", async () => {
    const { plan, sequence } = await new FakeBackend("many").call("desk_view", {});
    if (plan.kind !== "ready") throw new Error("no plan");
    let at = 0;
    for (const span of plan.plan.spans) {
      expect(span.at).toBe(at);
      at += span.frames;
    }
    expect(at).toBe(sequence.frames);
    expect(sequence.clips).toHaveLength(200);
  });

  it("compiles, publishes and prints; a job that is cancelled stays so", async () => {
    vi.useFakeTimers();
    const fake = new FakeBackend("first-run");
    const { sources } = await fake.call("desk_view", {});
    const part = { flowId: sources[0]?.flows[0]?.id ?? "", markIn: null, markOut: null };
    await fake.call("sequence_edit", { edit: { kind: "append", part } });
    const cancelled = await fake.call("compile_start", {
      mode: "auto",
      singleParameterSet: false,
      choosePlace: false,
    });
    await fake.call("job_cancel", { jobId: cancelled ?? "" });
    const jobId = await fake.call("compile_start", {
      mode: "auto",
      singleParameterSet: false,
      choosePlace: false,
    });
    await vi.advanceTimersByTimeAsync(2_000);
    const { jobs } = await fake.call("desk_view", {});
    expect(jobs.map((job) => job.state.kind)).toEqual(["done", "cancelled"]);
    await fake.call("publish_start", { jobId: jobId ?? "", title: "Promo" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await fake.call("compilations", {})).toHaveLength(1);
    const early = fake.call("publish_start", { jobId: cancelled ?? "", title: "Promo" });
    await expect(early).rejects.toMatchObject({ code: "SO-PUBLISH-001" });
    vi.useRealTimers();
  });
});

describe("the fake's TAMS servers", () => {
  it("have their names before the ids of what they list", async () => {
    const { sources, workspace, sequence } = await new FakeBackend("remotes").call("desk_view", {});
    for (const { id, connection, flows } of sources) {
      const before = connection === null ? "" : `${connection}/`;
      for (const one of [id, ...flows.map((flow) => flow.id)]) {
        expect(one.slice(0, one.lastIndexOf("/") + 1)).toBe(before);
      }
    }
    expect(workspace.connections.map(({ name, state }) => [name, state])).toEqual([
      ["studio", "online"],
      ["archive", "offline"],
      ["trial", "refused"],
    ]);
    expect(sequence.clips.map(({ problem }) => problem)).toEqual([null, null, null, null]);
  });

  it("give out what is opened of them, then it is here", async () => {
    vi.useFakeTimers();
    const fake = new FakeBackend("remotes");
    const flowOf = async (title: string) => {
      const { sources } = await fake.call("desk_view", {});
      return sources.find((source) => source.title === title)?.flows[0];
    };
    const stage = await flowOf("Stage · camera 2");
    expect(stage?.availability).toBe("online");
    const opening = await fake.call("source_open", { flowId: stage?.id ?? "", frame: 7 });
    expect(opening).toMatchObject({ state: "opening", frame: 7 });
    await vi.advanceTimersByTimeAsync(5_000);
    const { source, jobs } = await fake.call("desk_view", {});
    expect(source).toMatchObject({ state: "ready", frame: 7, flowId: stage?.id });
    expect(jobs[0]).toMatchObject({
      kind: "fetch",
      state: { kind: "done", result: { kind: "fetched", objects: 36, bytes: 360_000_000 } },
    });
    expect((await flowOf("Stage · camera 2"))?.availability).toBe("cached");
    const away = await flowOf("Meadow · long version");
    const slate = await fake.call("source_open", { flowId: away?.id ?? "", frame: null });
    expect(slate).toMatchObject({ state: "slate", problem: { code: "SO-MEDIA-007" } });
    vi.useRealTimers();
  });

  it("are busy while they are asked again", async () => {
    vi.useFakeTimers();
    const fake = new FakeBackend("remotes");
    const kinds: string[] = [];
    await fake.listen(({ kind }) => kinds.push(kind));
    const busy = async () => {
      const { workspace } = await fake.call("desk_view", {});
      return workspace.connections.map((one) => one.busy);
    };
    await fake.call("connection_refresh", { name: "archive" });
    expect(await busy()).toEqual([false, true, false]);
    await fake.call("connection_refresh", { name: null });
    expect(await busy()).toEqual([true, true, true]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await busy()).toEqual([false, false, false]);
    expect(kinds.slice(-2)).toEqual(["workspace", "sources"]);
    vi.useRealTimers();
  });
});

it("fits pictures into their box, in even pixels", () => {
  expect(fitted(481, 500)).toEqual({ width: 480, height: 270 });
  expect(fitted(2_000, 270)).toEqual({ width: 480, height: 270 });
  expect(fitted(4_000, 4_000).width).toBe(960);
});
