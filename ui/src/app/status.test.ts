import { describe, expect, it } from "vitest";
import type { ConnectionState, ConnectionView, JobView } from "../backend/generated";
import { ACTIONS } from "../keymap/actions";
import { searchActions } from "./paletteSearch";
import { connectionsLine, jobLine, runningJob, storeWords } from "./status";

function job(change: Partial<JobView>): JobView {
  return {
    id: "j",
    kind: "compile",
    title: "Compile Promo",
    state: { kind: "running" },
    progress: { stage: "Writing", done: 62, total: 100, unit: "frames", bytes: 0 },
    started: "2026-01-02T12:00:00Z",
    elapsedMs: 31_000,
    cancellable: true,
    ...change,
  };
}

describe("the running job", () => {
  it("is one that runs before one that waits", () => {
    const waits = job({ id: "w", state: { kind: "queued" } });
    const done = job({ id: "d", state: { kind: "cancelled" } });
    expect(runningJob([done, waits, job({})])?.id).toBe("j");
    expect(runningJob([done, waits])?.id).toBe("w");
    expect(runningJob([done])).toBeNull();
  });

  it("says how far it is and how long it takes", () => {
    expect(jobLine(job({}))).toEqual({ part: 0.62, percent: "62 %", left: "19 s left" });
  });

  it("guesses nothing it can't know", () => {
    const begun = { stage: "Writing", done: 1, total: 100, unit: "frames", bytes: 0 };
    expect(jobLine(job({ progress: begun })).left).toBe("");
    expect(jobLine(job({ progress: { ...begun, total: 0 } }))).toEqual({
      part: null,
      percent: "Writing",
      left: "",
    });
  });
});

describe("the palette", () => {
  const titles = (typed: string) => searchActions(ACTIONS, typed).map((one) => one.title);

  it("finds every word anywhere, beginnings first", () => {
    expect(titles("mark in")[0]).toBe("Mark in");
    expect(titles("MARK")).toContain("Clear the marks");
    expect(titles("zzz")).toEqual([]);
    expect(titles("  ")).toHaveLength(ACTIONS.length);
  });
});

it("says where media is kept", () => {
  expect(storeWords([])).toBe("Local node, on this machine");
  expect(storeWords(["a", "b"])).toBe("a, b");
});

describe("the TAMS servers in short", () => {
  const connection = (name: string, state: ConnectionState): ConnectionView => ({
    name,
    address: `https://${name}.example`,
    server: null,
    state,
    busy: false,
    asOf: null,
    problem: null,
    issues: [],
  });
  const line = (...states: ConnectionState[]) => {
    const names = ["studio", "archive", "trial"];
    const all = states.map((state, index) => connection(names[index] ?? "", state));
    return connectionsLine(all, 0);
  };

  it("is nothing where none is configured", () => expect(line()).toBeNull());

  it.each<[ConnectionState, string, string]>([
    ["online", "studio online", "ok"],
    ["offline", "studio offline", "warn"],
    ["connecting", "studio connecting", "slate"],
    ["refused", "studio refuses the credentials", "error"],
    ["wrong", "studio is no TAMS server", "error"],
  ])("names a single one that is %s", (state, words, tone) => {
    expect(line(state)).toMatchObject({ words, tone, name: "studio" });
  });

  it("counts several, and leads to the first that needs a look", () => {
    expect(line("online", "online")).toMatchObject({ words: "2 of 2 online", tone: "ok" });
    expect(line("online", "connecting", "refused")).toMatchObject({
      words: "1 of 3 online",
      tone: "warn",
      name: "trial",
    });
    expect(line("connecting", "connecting")).toMatchObject({ tone: "slate", name: "studio" });
    expect(line("online", "offline")?.tip).toContain("archive: Offline\nhttps://archive.example");
  });
});
