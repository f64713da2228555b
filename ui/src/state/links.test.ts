import { describe, expect, it } from "vitest";
import type { ClipView, JobKind, JobState, JobView, SourceView } from "../backend/generated";
import { clipsOf } from "../timeline/fixtures";
import {
  canLink,
  cutFrom,
  flowTag,
  hasPreview,
  lastRelink,
  previewCount,
  previewWords,
} from "./links";

function source(previewFlow: string | null, bestFlow: string | null): SourceView {
  const rest = { connection: null, title: "", created: null, flows: [], tags: [] };
  return { id: "source", previewFlow, bestFlow, ...rest };
}

function clip(flowId: string, over: Partial<ClipView> = {}): ClipView {
  const [made] = clipsOf(50);
  if (!made) throw new Error("no clip");
  return { ...made, flowId, preview: flowId === "light", ...over };
}

function job(kind: JobKind, state: JobState): JobView {
  const rest = { progress: null, started: "", elapsedMs: 0, cancellable: false };
  return { id: "j", kind, title: "", state, ...rest };
}

const both = source("light", "best");
const one = source("best", "best");

describe("a flow of a source", () => {
  it("is tagged where the source has one to look at and a better one", () => {
    expect(flowTag(both, "light")).toBe("Preview");
    expect(flowTag(both, "best")).toBe("Best");
    expect(flowTag(both, "between")).toBeNull();
    expect(flowTag(one, "best")).toBeNull();
    expect([both, one, source(null, null), source(null, "best")].map(hasPreview)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("clips that are cut from preview flows", () => {
  it("are counted", () => {
    expect(previewCount([clip("light"), clip("best"), clip("light")])).toBe(2);
    expect(previewWords(2, 5)).toBe("2 of 5 clips are cut from preview flows.");
    expect(previewWords(1, 5)).toBe("1 of 5 clips is cut from a preview flow.");
    expect(previewWords(1, 1)).toBe("The clip is cut from a preview flow.");
  });

  it("say which flow it is, and can be linked to the other one", () => {
    expect(cutFrom(clip("light"), both)).toEqual({
      words: "Preview flow",
      other: "best",
      deed: "Use the best flow",
    });
    expect(cutFrom(clip("best"), both)).toMatchObject({ words: "Best flow", other: "preview" });
    expect(cutFrom(clip("between"), both)).toMatchObject({ words: "Another flow", other: "best" });
    expect(cutFrom(clip("best"), one)).toBeNull();
    expect(cutFrom(clip("best"), undefined)).toBeNull();
  });

  it("can all be linked when one of them is not where it should be", () => {
    const clips = [clip("light"), clip("light")];
    expect(canLink(clips, [both], "best")).toBe(true);
    expect(canLink(clips, [both], "preview")).toBe(false);
    expect(canLink([...clips, clip("best")], [both], "preview")).toBe(true);
    expect(canLink([clip("best")], [both], "best")).toBe(false);
    expect(canLink([clip("best")], [one], "preview")).toBe(false);
    expect(canLink([clip("best", { sourceId: "gone" })], [both], "preview")).toBe(false);
    expect(canLink([clip("light", { sourceId: "gone" })], [], "best")).toBe(true);
    expect(canLink([], [both], "best")).toBe(false);
  });
});

describe("the linking of clips", () => {
  it("stands where its newest job does", () => {
    const failure = { code: "c", title: "t", detail: "d", hint: "h", retryable: false };
    const failed = job("relink", { kind: "failed", failure });
    expect(lastRelink([job("compile", { kind: "running" })])).toEqual({ kind: "none" });
    expect(lastRelink([job("relink", { kind: "queued" }), failed]).kind).toBe("running");
    expect(lastRelink([job("sync", { kind: "running" }), failed])).toEqual({
      kind: "failed",
      job: failed,
      failure,
    });
    const done = job("relink", { kind: "done", result: { kind: "relinked", clips: 2 } });
    expect(lastRelink([done, failed])).toEqual({ kind: "none" });
  });
});
