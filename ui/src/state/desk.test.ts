// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../backend/backend";
import { FakeBackend } from "../backend/fake/backend";
import type { JobView } from "../backend/generated";
import * as act from "./act";
import { findFlow, useDesk, withJob } from "./desk";
import { useMessages } from "./messages";
import { useView } from "./view";

const desk = () => useDesk.getState();

async function begin(scenario: "edit" | "first-run"): Promise<FakeBackend> {
  const fake = new FakeBackend(scenario);
  use(fake);
  await desk().start(fake);
  return fake;
}

beforeEach(() => {
  useDesk.setState(useDesk.getInitialState(), true);
  useView.setState(useView.getInitialState(), true);
  useMessages.setState({ messages: [] });
});

describe("starting", () => {
  it("loads everything", async () => {
    await begin("edit");
    expect(desk().ready).toBe(true);
    expect(desk().sequence.clips).toHaveLength(4);
    expect(desk().plan.kind).toBe("ready");
  });

  it("takes in what happened while it was loading", async () => {
    const fake = new FakeBackend("edit");
    const slow: Backend = Object.assign(Object.create(fake) as Backend, {
      call: async (command: "desk_view", args: Record<string, never>) => {
        const view = await fake.call(command, args);
        fake.emit({ kind: "hover", files: 3 });
        return view;
      },
    });
    use(slow);
    await desk().start(slow);
    expect(desk().hover).toBe(3);
  });

  it("keeps the reason when it can't", async () => {
    const reason = { code: "SO-1", title: "t", detail: "d", hint: "h", retryable: false };
    const broken: Backend = Object.assign(Object.create(new FakeBackend("edit")) as Backend, {
      call: () => Promise.reject(reason),
    });
    await desk().start(broken);
    expect(desk().ready).toBe(false);
    expect(desk().startFailure).toEqual(reason);
  });

  it("keeps the reason when it can't even listen", async () => {
    const deaf: Backend = Object.assign(Object.create(new FakeBackend("edit")) as Backend, {
      listen: () => Promise.reject(new Error("not allowed")),
    });
    await desk().start(deaf);
    expect(desk().startFailure?.detail).toBe("not allowed");
  });

  it("stops listening when told", async () => {
    const fake = new FakeBackend("edit");
    const stop = await desk().start(fake);
    stop();
    fake.emit({ kind: "hover", files: 2 });
    expect(desk().hover).toBe(0);
  });
});

describe("events", () => {
  it("never go back to an older sequence or generation", async () => {
    await begin("edit");
    const { sequence, record } = desk();
    desk().apply({ kind: "sequence", sequence: { ...sequence, revision: 0, title: "old" } });
    desk().apply({ kind: "monitor", monitor: { ...record, generation: 0, title: "old" } });
    expect(desk().sequence.title).toBe(sequence.title);
    expect(desk().record.title).toBe(record.title);
  });

  it("of another project are taken when they are newer, and a late one of the last is not", async () => {
    await begin("edit");
    const { sequence } = desk();
    const other = { ...sequence, project: "Another", revision: sequence.revision + 1 };
    desk().apply({ kind: "sequence", sequence: other });
    expect(desk().sequence.project).toBe("Another");
    desk().apply({ kind: "sequence", sequence });
    expect(desk().sequence.project).toBe("Another");
  });

  it("never go back to an older view of what is loaded", async () => {
    await begin("edit");
    const { source } = desk();
    const version = source.version + 5;
    desk().apply({ kind: "monitor", monitor: { ...source, version, frame: 9 } });
    desk().apply({ kind: "monitor", monitor: { ...source, version: version - 1, frame: 3 } });
    expect(desk().source.frame).toBe(9);
    const generation = source.generation + 1;
    desk().apply({ kind: "monitor", monitor: { ...source, generation, version: 0, frame: 4 } });
    expect(desk().source.frame).toBe(4);
  });

  it("of the same revision are taken, answers of an edit are not", async () => {
    await begin("edit");
    const { sequence } = desk();
    const missing = { ...sequence, title: "missing" };
    desk().apply({ kind: "sequence", sequence: missing });
    expect(desk().sequence.title).toBe("missing");
    desk().takeSequence(sequence);
    expect(desk().sequence.title).toBe("missing");
    desk().takeSequence({ ...sequence, revision: sequence.revision + 1, title: "edited" });
    expect(desk().sequence.title).toBe("edited");
  });

  it("that were too many come as everything anew, but for the layout", async () => {
    const fake = await begin("edit");
    const connect = vi.spyOn(fake, "connect");
    const { layout } = desk();
    const view = await fake.call("desk_view", {});
    useDesk.setState({ jobs: [{ id: "gone" } as JobView] });
    desk().ask("source", { kind: "markIn", frame: 3 });
    const source = { ...view.source, frame: 77 };
    fake.emit({ kind: "everything", view: { ...view, source, layout: "{}" } });
    expect(desk().jobs).toEqual(view.jobs);
    expect(desk().source).toEqual(source);
    expect(desk().layout).toBe(layout);
    expect(connect).toHaveBeenCalledWith(view.frames);
  });

  it("keep jobs in their places, new ones first", () => {
    const job = (id: string, elapsedMs: number) => ({ id, elapsedMs }) as JobView;
    const jobs = withJob([job("b", 1), job("a", 1)], job("a", 2));
    expect(jobs.map((one) => [one.id, one.elapsedMs])).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
    expect(withJob(jobs, job("c", 0)).map((one) => one.id)).toEqual(["c", "b", "a"]);
  });

  it("show failures", async () => {
    const fake = await begin("edit");
    const failure = { code: "SO-2", title: "t", detail: "d", hint: "h", retryable: false };
    fake.emit({ kind: "failed", failure });
    expect(useMessages.getState().messages).toHaveLength(1);
  });
});

describe("segments", () => {
  it("are asked for once", async () => {
    const fake = await begin("edit");
    const asked = vi.spyOn(fake, "call");
    const flowId = desk().sequence.clips[0]?.flowId ?? "";
    await Promise.all([desk().loadSegments(flowId), desk().loadSegments(flowId)]);
    await desk().loadSegments(flowId);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(desk().segments[flowId]?.keyFrames[1]).toBe(50);
  });

  it("are forgotten when the flow changed", async () => {
    const fake = await begin("edit");
    const { sources } = desk();
    const flowId = sources[0]?.flows[0]?.id ?? "";
    await desk().loadSegments(flowId);
    fake.emit({ kind: "sources", sources });
    expect(desk().segments[flowId]).toBeDefined();
    const changed = structuredClone(sources);
    const flow = changed[0]?.flows[0];
    if (flow) flow.timerange = "[0:0_9:0)";
    fake.emit({ kind: "sources", sources: changed });
    expect(desk().segments[flowId]).toBeUndefined();
  });

  it("are read again of a flow in part here when more of it came", async () => {
    const fake = await begin("edit");
    const flows = desk().sources.flatMap((source) => source.flows);
    const inPart = flows.find(({ availability }) => availability === "partial")?.id ?? "";
    const whole = flows.find(({ availability }) => availability === "cached")?.id ?? "";
    await Promise.all([desk().loadSegments(inPart), desk().loadSegments(whole)]);
    const asked = vi.spyOn(fake, "call");
    const job = { id: "f", kind: "fetch", state: { kind: "running" } } as JobView;
    fake.emit({ kind: "job", job });
    expect(asked).not.toHaveBeenCalled();
    fake.emit({ kind: "job", job: { ...job, state: { kind: "cancelled" } } });
    expect(asked.mock.calls).toEqual([["flow_segments", { flowId: inPart }]]);
  });

  it("leave a reason when they can't be read", async () => {
    await begin("edit");
    await desk().loadSegments("nothing");
    expect(desk().segmentFailures.nothing?.code).toBe("SO-FLOW-001");
  });
});

describe("the job by its commands", () => {
  it("opens, marks, appends, undoes and redoes", async () => {
    await begin("first-run");
    const flow = desk().sources[1]?.flows[0];
    expect(findFlow(desk().sources, flow?.id ?? null)?.source.title).toBe("Forecourt · overhead");
    await act.openFlow(flow?.id ?? "", 30);
    await act.transport("source", { kind: "markIn", frame: 30 });
    await act.transport("source", { kind: "markOut", frame: 90 });
    expect(desk().lesson).toMatchObject({ opened: true, marked: true, appended: false });
    const part = { flowId: flow?.id ?? "", markIn: 30, markOut: 90 };
    expect(await act.edit({ kind: "append", part })).toBe(true);
    expect(desk().sequence.clips.map((clip) => [clip.sourceFirst, clip.frames])).toEqual([
      [30, 60],
    ]);
    await act.edit({ kind: "undo" });
    expect(desk().sequence.clips).toEqual([]);
    await act.edit({ kind: "redo" });
    expect(desk().sequence.frames).toBe(60);
  });

  it("says what did not happen", async () => {
    await begin("first-run");
    expect(await act.edit({ kind: "undo" })).toBe(false);
    expect(useMessages.getState().messages[0]).toMatchObject({
      failure: { title: "Nothing to undo" },
    });
  });

  it("forgets the selection of clips that are gone", async () => {
    await begin("edit");
    const ids = desk().sequence.clips.map((clip) => clip.id);
    useView.getState().selectClips(ids.slice(0, 2));
    await act.edit({ kind: "remove", clips: ids.slice(0, 1) });
    expect(useView.getState().selectedClips).toEqual(ids.slice(1, 2));
  });
});
