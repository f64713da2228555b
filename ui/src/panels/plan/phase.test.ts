import { describe, expect, it } from "vitest";
import type { CompilationView, JobState, JobView, PlanState } from "../../backend/generated";
import { type Compiled, lastCompile, publishOf } from "./phase";

const failure = { code: "SO-MEDIA", title: "t", detail: "d", hint: "h", retryable: false };

const file: Compiled = {
  kind: "compiled",
  file: "Promo.mp4",
  folder: "/w",
  kept: true,
  sha256: "ab",
  planHash: "p4",
  revision: 4,
  frames: 100,
  copiedFrames: 90,
  encodedFrames: 10,
  bytes: 1000,
  verified: { ok: true, frames: 100, checks: [], joints: [] },
};

function job(id: string, kind: JobView["kind"], state: JobState): JobView {
  return {
    id,
    kind,
    title: "",
    state,
    progress: null,
    started: "2026-11-22T17:04:12Z",
    elapsedMs: 0,
    cancellable: true,
  };
}

function ready(revision: number, hash: string): PlanState {
  return {
    kind: "ready",
    plan: {
      revision,
      hash,
      frameRate: null,
      frames: 100,
      spans: [],
      sound: "none",
      copiedFrames: 90,
      bytes: 0,
      workMs: 0,
      codec: "H.264",
      mayRefuse: null,
      width: 2,
      height: 2,
      issues: [],
    },
  };
}

const done: JobState = { kind: "done", result: file };

describe("lastCompile", () => {
  it("is nothing without a compile", () => {
    const ingest = job("i", "ingest", { kind: "running" });
    expect(lastCompile([ingest], ready(1, "p1"), 1, {}).kind).toBe("none");
  });

  it("takes the newest compile, whatever else runs", () => {
    const jobs = [
      job("i", "ingest", { kind: "running" }),
      job("c2", "compile", { kind: "queued" }),
      job("c1", "compile", done),
    ];
    expect(lastCompile(jobs, ready(4, "p4"), 4, {})).toMatchObject({
      kind: "running",
      job: { id: "c2" },
    });
  });

  it("knows a file of this plan, also after an undo led back to it", () => {
    const jobs = [job("c", "compile", done)];
    expect(lastCompile(jobs, ready(4, "p4"), 4, {})).toMatchObject({ fits: true, verified: true });
    expect(lastCompile(jobs, ready(6, "p4"), 6, {})).toMatchObject({ fits: true });
  });

  it("knows a file of this revision that was compiled in another mode than the shown plan's", () => {
    const rendered: JobState = { kind: "done", result: { ...file, planHash: "p4-render" } };
    const jobs = [job("c", "compile", rendered)];
    expect(lastCompile(jobs, ready(4, "p4"), 4, {})).toMatchObject({ fits: true });
    expect(lastCompile(jobs, ready(5, "p5"), 5, {})).toMatchObject({ fits: false });
  });

  it("knows a file of an earlier edit, before and after the new plan is there", () => {
    const jobs = [job("c", "compile", done)];
    expect(lastCompile(jobs, { kind: "planning", revision: 5 }, 5, {})).toMatchObject({
      fits: false,
    });
    expect(lastCompile(jobs, ready(5, "p5"), 5, {})).toMatchObject({ fits: false });
    expect(lastCompile(jobs, ready(4, "p4"), 5, {})).toMatchObject({ fits: false });
  });

  it("does not call a file verified that was not checked or does not fit", () => {
    const unchecked = { ...file, verified: null };
    const faulty = { ...file, verified: { ok: false, frames: 99, checks: [], joints: [] } };
    for (const result of [unchecked, faulty]) {
      const jobs = [job("c", "compile", { kind: "done", result })];
      expect(lastCompile(jobs, ready(4, "p4"), 4, {})).toMatchObject({ verified: false });
    }
  });

  it("keeps a failure until the sequence changes", () => {
    const jobs = [job("c", "compile", { kind: "failed", failure })];
    expect(lastCompile(jobs, ready(4, "p4"), 4, { c: 4 })).toMatchObject({
      kind: "failed",
      failure,
    });
    expect(lastCompile(jobs, ready(5, "p5"), 5, { c: 4 }).kind).toBe("none");
    expect(lastCompile(jobs, ready(5, "p5"), 5, {}).kind).toBe("failed");
  });

  it("says that it was cancelled until the sequence changes", () => {
    const jobs = [job("c", "compile", { kind: "cancelled" })];
    expect(lastCompile(jobs, ready(4, "p4"), 4, { c: 4 }).kind).toBe("cancelled");
    expect(lastCompile(jobs, ready(4, "p4"), 4, { c: 3 }).kind).toBe("none");
  });
});

describe("publishOf", () => {
  const known: CompilationView = {
    id: "comp",
    title: "Promo",
    playUrl: "http://host/W/comp",
    objectUrl: "",
    sha256: "ab",
    planHash: null,
    created: "",
  };

  it("is open until it was started, and known by its bytes later", () => {
    expect(publishOf(file, [], undefined, []).kind).toBe("none");
    expect(publishOf(file, [], undefined, [{ ...known, sha256: "cd" }]).kind).toBe("none");
    expect(publishOf(file, [], undefined, [known])).toMatchObject({
      kind: "done",
      compilationId: "comp",
    });
  });

  it("follows the job that was started for it", () => {
    expect(publishOf(file, [job("p", "publish", { kind: "running" })], "p", []).kind).toBe(
      "running",
    );
    expect(
      publishOf(file, [job("p", "publish", { kind: "failed", failure })], "p", []),
    ).toMatchObject({ kind: "failed", failure });
    const result = {
      kind: "published" as const,
      compilationId: "c",
      objectUrl: "",
      playUrl: "http://host/W/c",
      queued: 2,
      issues: [],
    };
    expect(publishOf(file, [job("p", "publish", { kind: "done", result })], "p", [])).toEqual({
      kind: "done",
      compilationId: "c",
      playUrl: "http://host/W/c",
      queued: 2,
      issues: [],
    });
  });

  it("can be started again after it was cancelled", () => {
    expect(publishOf(file, [job("p", "publish", { kind: "cancelled" })], "p", []).kind).toBe(
      "none",
    );
  });
});
