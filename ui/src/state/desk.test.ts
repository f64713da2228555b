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

describe("windows of monitors", () => {
  it("are known from the start and by events", async () => {
    const fake = new FakeBackend("edit");
    await fake.call("monitor_window", { monitor: "record", deed: "detach" });
    use(fake);
    await desk().start(fake);
    expect(desk().detached).toEqual(["record"]);
    fake.emit({ kind: "detached", monitors: ["source", "record"] });
    expect(desk().detached).toEqual(["source", "record"]);
    fake.emit({ kind: "detached", monitors: [] });
    expect(desk().detached).toEqual([]);
  });

  it("tell of no failures but those of what they asked for themselves", async () => {
    const fake = await begin("edit");
    useView.getState().setAlone("record");
    const failure = { code: "SO-2", title: "t", detail: "d", hint: "h", retryable: false };
    fake.emit({ kind: "failed", failure });
    const job = { id: "f", kind: "fetch", state: { kind: "running" } } as JobView;
    fake.emit({ kind: "job", job });
    fake.emit({ kind: "job", job: { ...job, state: { kind: "failed", failure } } });
    expect(useMessages.getState().messages).toEqual([]);
    vi.spyOn(fake, "call").mockRejectedValue(failure);
    await act.transport("record", { kind: "play", rate: 1 });
    expect(useMessages.getState().messages).toMatchObject([{ failure }]);
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

  /** The sources, with the first flow so many seconds long. */
  const grown = (seconds: number) => {
    const sources = structuredClone(desk().sources);
    const flow = sources[0]?.flows[0];
    if (flow) flow.timerange = `[0:0_${seconds}:0)`;
    return sources;
  };

  it("stay when the flow grew until the new ones have come", async () => {
    const fake = await begin("edit");
    const flowId = desk().sources[0]?.flows[0]?.id ?? "";
    await desk().loadSegments(flowId);
    const old = desk().segments[flowId];
    const asked = vi.spyOn(fake, "call");
    fake.emit({ kind: "sources", sources: desk().sources });
    expect(asked).not.toHaveBeenCalled();
    fake.emit({ kind: "sources", sources: grown(9) });
    expect(desk().segments[flowId]).toBe(old);
    // It grows on before they have come: read once more, however often that was.
    fake.emit({ kind: "sources", sources: grown(10) });
    fake.emit({ kind: "sources", sources: grown(11) });
    expect(asked).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    await vi.waitFor(() => expect(desk().segments[flowId]).not.toBe(old));
    expect(desk().segments[flowId]).toEqual(old);
    fake.emit({ kind: "sources", sources: grown(12) });
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it("are forgotten when those of a flow that changed can't be read", async () => {
    const fake = await begin("edit");
    const flowId = desk().sources[0]?.flows[0]?.id ?? "";
    await desk().loadSegments(flowId);
    vi.spyOn(fake, "call").mockRejectedValue(new Error("gone"));
    fake.emit({ kind: "sources", sources: grown(9) });
    await vi.waitFor(() => expect(desk().segmentFailures[flowId]?.detail).toBe("gone"));
    expect(desk().segments[flowId]).toBeUndefined();
  });

  it("that were asked for before everything came anew are not taken after it", async () => {
    const fake = await begin("edit");
    const flowId = desk().sources[0]?.flows[0]?.id ?? "";
    const view = await fake.call("desk_view", {});
    const late = desk().loadSegments(flowId);
    fake.emit({ kind: "everything", view });
    await late;
    expect(desk().segments[flowId]).toBeUndefined();
    await desk().loadSegments(flowId);
    expect(desk().segments[flowId]).toBeDefined();
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
