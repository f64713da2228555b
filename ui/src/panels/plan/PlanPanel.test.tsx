// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../../backend/backend";
import type { JobState, JobView, PlanState, SequenceView } from "../../backend/generated";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { clipsOf } from "../../timeline/fixtures";
import { PlanPanel } from "./PlanPanel";
import type { Compiled } from "./phase";

const asked: { command: string; args: unknown }[] = [];

use({
  call: async (command: string, args: unknown) => {
    asked.push({ command, args });
    if (command === "compilations") return [];
    return command === "publish_start" ? "publish-1" : null;
  },
} as unknown as Backend);

const SEQUENCE: SequenceView = {
  project: "Weekend",
  title: "Promo",
  revision: 4,
  frameRate: { numerator: 25, denominator: 1 },
  frames: 100,
  startFrame: 900_000,
  clips: [],
  markers: [],
  history: [],
  done: 0,
  saved: null,
};

const SPAN = { clipId: null, objects: 1, bytes: 1_000_000, workMs: 10 };

function plan(hash: string, revision: number): PlanState {
  return {
    kind: "ready",
    plan: {
      revision,
      hash,
      frameRate: SEQUENCE.frameRate,
      frames: 100,
      spans: [
        { ...SPAN, kind: "encode", at: 0, frames: 18, from: "Forecourt", reason: "Starts early" },
        {
          ...SPAN,
          kind: "copy",
          at: 18,
          frames: 82,
          from: "Gallery",
          reason: "Same configuration",
        },
      ],
      sound: "copied as it is",
      copiedFrames: 82,
      bytes: 2_000_000,
      workMs: 500,
      codec: "H.264",
      mayRefuse: null,
      width: 1920,
      height: 1080,
      issues: ["The sound of one clip is mono"],
    },
  };
}

const FILE: Compiled = {
  kind: "compiled",
  file: "Promo.mp4",
  folder: "/w/compiled",
  kept: true,
  sha256: `9c41e7a033bd${"0".repeat(48)}61f8`,
  planHash: "hash-4",
  revision: 4,
  frames: 100,
  copiedFrames: 82,
  encodedFrames: 18,
  bytes: 2_000_000,
  verified: {
    ok: true,
    frames: 100,
    checks: [{ frame: null, title: "frames", ok: true, detail: "100 in the file" }],
    joints: [
      { frame: 0, title: "start|encode", ok: true, detail: "fits" },
      { frame: 18, title: "encode|copy", ok: true, detail: "fits" },
      { frame: 100, title: "copy|end", ok: true, detail: "fits" },
    ],
  },
};

function job(state: JobState, over: Partial<JobView> = {}): JobView {
  return {
    id: "c1",
    kind: "compile",
    title: "Compile Promo",
    state,
    progress: null,
    started: "2026-11-22T17:04:10Z",
    elapsedMs: 2000,
    cancellable: true,
    ...over,
  };
}

let root: Root;

function all(testId: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
}

function at(testId: string): HTMLElement {
  const [element] = all(testId);
  if (!element) throw new Error(`no ${testId}`);
  return element;
}

async function know(change: Partial<ReturnType<typeof useDesk.getState>>): Promise<void> {
  await act(async () => useDesk.setState(change));
}

async function click(testId: string): Promise<void> {
  await act(async () => at(testId).click());
}

beforeAll(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
});

beforeEach(async () => {
  asked.length = 0;
  useDesk.setState({ ready: true, sequence: SEQUENCE, plan: plan("hash-4", 4), jobs: [] });
  useView.setState({ view: "edit", compileOpen: true, verificationOpen: false });
  const place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
  await act(async () =>
    root.render(
      <MantineProvider>
        <PlanPanel />
      </MantineProvider>,
    ),
  );
});

afterEach(async () => {
  await act(async () => root.unmount());
  document.body.replaceChildren();
});

describe("the compile panel", () => {
  it("shows every span with its reason and cost before anything runs", () => {
    const rows = all("span-row").map((row) => row.textContent ?? "");
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain("Re-encode");
    expect(rows[0]).toContain("Starts early");
    expect(rows[0]).toContain("10:00:00:00");
    expect(rows[1]).toContain("10:00:00:18");
    expect(at("copied-share").textContent).toBe("82.0 %");
    expect(at("panel-plan").textContent).toContain("The sound of one clip is mono");
    expect(at("panel-plan").textContent).toContain("Not compiled");
  });

  it("follows a compile and stops it", async () => {
    const progress = { stage: "Writing", done: 59, total: 100, unit: "frames", bytes: 1_000_000 };
    await know({ jobs: [job({ kind: "running" }, { progress })] });
    expect(at("compile-percent").textContent).toBe("59 %");
    expect(all("span-row")[0]?.textContent).toContain("Done");
    expect(all("span-row")[1]?.textContent).toContain("50 %");
    await click("compile-cancel");
    expect(asked).toContainEqual({ command: "job_cancel", args: { jobId: "c1" } });
    await know({ jobs: [job({ kind: "cancelled" })] });
    expect(at("panel-plan").textContent).toContain("Cancelled. Nothing of it was kept");
  });

  it("reports a verified file and publishes it under a title", async () => {
    await know({ jobs: [job({ kind: "done", result: FILE })] });
    expect(at("verified").textContent).toBe("Verified, 1 of 1 joint");
    expect(at("compiled-sha256").dataset.full).toBe(FILE.sha256);
    expect(all("span-row")[1]?.textContent).toContain("Joint 1");
    await click("publish");
    expect(asked).toContainEqual({
      command: "publish_start",
      args: { jobId: "c1", title: "Promo" },
    });
    const result = {
      kind: "published" as const,
      compilationId: "comp",
      objectUrl: "",
      playUrl: "http://192.0.2.10/p/comp",
      queued: 0,
      issues: [],
    };
    const published = job({ kind: "done", result }, { id: "publish-1", kind: "publish" });
    await know({ jobs: [published, job({ kind: "done", result: FILE })] });
    expect(at("play-url").textContent).toBe("http://192.0.2.10/p/comp");
    await click("make-sheet");
    expect(useView.getState()).toMatchObject({ view: "sheets", compilation: "comp" });
  });

  it("does not offer to publish a file that is not as planned, and names what is wrong", async () => {
    const joints = [{ frame: 18, title: "encode|copy", ok: false, detail: "frame 18 repeats" }];
    const verified = { ok: false, frames: 99, checks: [], joints };
    const faulty = { ...FILE, kept: false, sha256: "", verified };
    await know({ jobs: [job({ kind: "done", result: faulty })] });
    expect(at("verified").textContent).toBe("Not as planned");
    expect(at("compile-report").textContent).toContain("Not kept");
    expect(all("compiled-sha256")).toHaveLength(0);
    expect(at("panel-plan").textContent).toContain("frame 18 repeats");
    expect(all("publish")).toHaveLength(0);
    await click("open-verification");
    expect(useView.getState().verificationOpen).toBe(true);
  });

  it("names a few of many faults and counts the others", async () => {
    const joints = Array.from({ length: 90 }, (_, i) => ({
      ...{ frame: i + 1, title: "copy|copy", ok: false, detail: "does not decode" },
    }));
    const verified = { ok: false, frames: 100, checks: [], joints };
    await know({ jobs: [job({ kind: "done", result: { ...FILE, verified } })] });
    expect(document.querySelectorAll(".faults li")).toHaveLength(5);
    expect(at("compile-report").textContent).toContain("and 86 more");
  });

  it("says who may refuse what the plan makes, and asks for one parameter set", async () => {
    const ready = plan("h", 4);
    if (ready.kind !== "ready") throw new Error("no plan");
    const mayRefuse = "televisions may stop at the second parameter set";
    await know({ jobs: [], plan: { ...ready, plan: { ...ready.plan, mayRefuse } } });
    expect(at("players-note").textContent).toBe(
      "Televisions may stop at the second parameter set.",
    );
    await act(() => useView.getState().setCompile({ singleParameterSet: true }));
    expect(at("players-note").textContent).toContain("One parameter set");
    await act(() => useView.getState().setCompile({ singleParameterSet: false }));
  });

  it("says that a file is of an earlier edit once the sequence has changed", async () => {
    await know({
      jobs: [job({ kind: "done", result: FILE })],
      sequence: { ...SEQUENCE, revision: 5 },
      plan: { kind: "planning", revision: 5 },
    });
    expect(at("compile-stale").textContent).toContain("Promo.mp4");
    // The last plan stays in sight, but nothing can be compiled from it.
    expect(all("span-row")).toHaveLength(2);
    expect((at("compile") as HTMLButtonElement).disabled).toBe(true);
    await know({ plan: plan("hash-5", 5) });
    expect((at("compile") as HTMLButtonElement).disabled).toBe(false);
  });

  it("keeps a failure with its code, cause and next step", async () => {
    const failure = {
      code: "SO-MEDIA-014",
      title: "Promo was not compiled",
      detail: "Segment 9f3c ends early",
      hint: "Ingest the file again.",
      retryable: true,
    };
    await know({ jobs: [job({ kind: "failed", failure })] });
    const note = at("failure-note").textContent;
    for (const part of ["SO-MEDIA-014", "was not compiled", "ends early", "Ingest the file"]) {
      expect(note).toContain(part);
    }
    expect(at("compile").textContent).toContain("Try again");
    await know({ plan: { kind: "failed", revision: 4, failure } });
    expect(all("span-row")).toHaveLength(0);
    expect(at("failure-note").textContent).toContain("ends early");
  });

  it("tells of clips that are cut from preview flows, and links them to the best ones", async () => {
    expect(all("preview-notice")).toHaveLength(0);
    expect(at("compile").className).toContain("pri");
    const clips = clipsOf(25, 25, 50).map((clip, i) => ({ ...clip, preview: i > 0 }));
    await know({ sequence: { ...SEQUENCE, clips } });
    expect(at("preview-notice").textContent).toContain("2 of 3 clips are cut from preview flows.");
    expect(at("use-best-flows").className).toContain("pri");
    expect(at("compile").className).not.toContain("pri");
    expect(at("compile").title).toContain("preview flows");
    expect((at("compile") as HTMLButtonElement).disabled).toBe(false);
    await click("use-best-flows");
    const args = { clips: [], purpose: "best" };
    expect(asked).toContainEqual({ command: "sequence_relink", args });
    const link = { id: "l1", kind: "relink" as const, title: "Link to the best flows" };
    const progress = { stage: "Reading", done: 1, total: 2, unit: "clips", bytes: 0 };
    await know({ jobs: [job({ kind: "queued" }, link)] });
    expect(at("relink-progress").textContent).toBe("Waits for its turn");
    await know({ jobs: [job({ kind: "running" }, { ...link, progress })] });
    expect(at("relink-progress").textContent).toBe("Reading 1 of 2 clips");
    expect((at("use-best-flows") as HTMLButtonElement).disabled).toBe(true);
    const failure = {
      code: "SO-TAMS-004",
      title: "The clips were not linked",
      detail: "studio does not answer",
      hint: "Try again later.",
      retryable: true,
    };
    await know({ jobs: [job({ kind: "failed", failure }, link)] });
    for (const part of ["SO-TAMS-004", "not linked", "does not answer", "Try again later."]) {
      expect(at("failure-note").textContent).toContain(part);
    }
    expect((at("use-best-flows") as HTMLButtonElement).disabled).toBe(false);
    await click("relink-put-away");
    expect(asked).toContainEqual({ command: "job_dismiss", args: { jobId: "l1" } });
    await know({ jobs: [], sequence: { ...SEQUENCE, clips: clipsOf(100) } });
    expect(all("preview-notice")).toHaveLength(0);
  });

  it("says what will appear while the sequence is empty", async () => {
    await know({ plan: { kind: "empty" } });
    expect(at("plan-empty").textContent).toContain("Append");
  });
});
