import { describe, expect, it } from "vitest";
import type { JobState, JobView } from "../../backend/generated";
import { isActive, madeFile, outcomeWords, progressWords } from "./words";

function job(id: string, state: JobState): JobView {
  return {
    id,
    kind: "compile",
    title: id,
    state,
    progress: null,
    started: "",
    elapsedMs: 0,
    cancellable: false,
  };
}

const running: JobState = { kind: "running" };
const count = (value: number) => value.toString();
const bytes = (value: number) => `${value} B`;

describe("isActive", () => {
  it("holds for what runs or waits for its turn", () => {
    const jobs = [job("r", running), job("q", { kind: "queued" }), job("c", { kind: "cancelled" })];
    expect(jobs.map(isActive)).toEqual([true, true, false]);
  });
});

describe("progressWords", () => {
  it("counts in the job's own unit", () => {
    const progress = { stage: "Writing", done: 12, total: 20, unit: "frames", bytes: 5 };
    expect(progressWords(progress, count, bytes)).toBe("Writing 12 of 20 frames");
    expect(progressWords({ ...progress, unit: "bytes" }, count, bytes)).toBe(
      "Writing 12 B of 20 B",
    );
    expect(progressWords({ ...progress, total: 0 }, count, bytes)).toBe("Writing 12 frames");
    expect(progressWords({ ...progress, total: 0, done: 0 }, count, bytes)).toBe("Writing");
    expect(progressWords(null, count, bytes)).toBe("");
  });
});

describe("outcomeWords", () => {
  it("says what was made, and claims nothing unverified", () => {
    const compiled = {
      kind: "compiled" as const,
      file: "Promo.mp4",
      folder: "",
      kept: true,
      sha256: "",
      planHash: "",
      revision: 1,
      frames: 1,
      copiedFrames: 1,
      encodedFrames: 0,
      bytes: 9,
      verified: null,
    };
    const done = job("c", { kind: "done", result: compiled });
    expect(outcomeWords(done, bytes)).toBe("Promo.mp4, 9 B");
    expect(madeFile(done)).toBe(true);
    const verified = { ok: true, frames: 1, checks: [], joints: [] };
    expect(
      outcomeWords(job("c", { kind: "done", result: { ...compiled, verified } }), bytes),
    ).toContain("verified");
    expect(outcomeWords(job("c", running), bytes)).toBe("");
    expect(madeFile(job("c", { kind: "cancelled" }))).toBe(false);
  });
  it("says what was fetched, and nothing untrue of a fetch that was stopped", () => {
    const result = { kind: "fetched" as const, objects: 12, bytes: 9 };
    const fetched: JobView = { ...job("f", { kind: "done", result }), kind: "fetch" };
    expect(outcomeWords(fetched, bytes)).toBe("12 objects, 9 B, now on this machine");
    expect(outcomeWords({ ...fetched, state: { kind: "cancelled" } }, bytes)).toBe("Cancelled");
    expect(outcomeWords(job("c", { kind: "cancelled" }), bytes)).toContain("nothing was kept");
  });
  it("says how many clips were linked, or that none was", () => {
    const linked = (clips: number): JobView => ({
      ...job("l", { kind: "done", result: { kind: "relinked", clips } }),
      kind: "relink",
    });
    expect(outcomeWords(linked(3), bytes)).toBe("3 clips linked");
    expect(outcomeWords(linked(1), bytes)).toBe("1 clip linked");
    expect(outcomeWords({ ...linked(1), state: { kind: "cancelled" } }, bytes)).toBe(
      "Cancelled, the clips stay as they were",
    );
    expect(madeFile(linked(1))).toBe(false);
  });
  it("counts in the right number", () => {
    const ingested = { kind: "ingested" as const, sourceId: "", flowId: "", issues: [] };
    const words = (segments: number) =>
      outcomeWords(job("i", { kind: "done", result: { ...ingested, segments } }), bytes);
    expect(words(1)).toBe("1 segment in the workspace");
    expect(words(2)).toBe("2 segments in the workspace");
  });
});
