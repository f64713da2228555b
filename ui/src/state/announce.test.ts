import { beforeEach, describe, expect, it } from "vitest";
import type { JobKind, JobResult, JobState, JobView } from "../backend/generated";
import { announce } from "./announce";
import { useMessages } from "./messages";
import { useView } from "./view";

const failure = { code: "SO-1", title: "t", detail: "d", hint: "h", retryable: false };

function job(kind: JobKind, state: JobState): JobView {
  const title = "Compile Promo";
  const rest = { progress: null, started: "", elapsedMs: 0, cancellable: false };
  return { id: "j", kind, title, state, ...rest };
}

const said = () =>
  useMessages
    .getState()
    .messages.map((one) => (one.kind === "notice" ? one.text : one.failure.code));

beforeEach(() => {
  useMessages.setState({ messages: [] });
  useView.setState(useView.getInitialState(), true);
});

describe("the end of a job", () => {
  const runs = job("compile", { kind: "running" });
  const failed = job("compile", { kind: "failed", failure });

  it("is said when its panel is not in sight", () => {
    announce([runs], failed);
    expect(said()).toEqual(["SO-1"]);
  });

  it("is left to its panel when that is in sight", () => {
    useView.setState({ compileOpen: true });
    announce([runs], failed);
    expect(said()).toEqual([]);
    useView.setState({ view: "metrics" });
    announce([runs], failed);
    expect(said()).toEqual(["SO-1"]);
  });

  it("is said once, and not of what ended before", () => {
    announce([failed], failed);
    announce([], failed);
    expect(said()).toEqual([]);
  });

  it("claims no file where the check found something else", () => {
    const result: JobResult = {
      kind: "compiled",
      file: "Promo.mp4",
      folder: "/w",
      kept: false,
      sha256: "",
      planHash: "",
      revision: 1,
      frames: 2,
      copiedFrames: 2,
      encodedFrames: 0,
      bytes: 9,
      verified: { ok: false, frames: 1, checks: [], joints: [] },
    };
    announce([runs], job("compile", { kind: "done", result }));
    expect(said()).toEqual(["Compile Promo: not as planned, nothing was kept"]);
  });

  it("leaves media that came to where they are seen, and tells why they did not come", () => {
    const fetches = job("fetch", { kind: "running" });
    const fetched = { kind: "fetched", objects: 3, bytes: 9 } as const;
    announce([fetches], job("fetch", { kind: "done", result: fetched }));
    expect(said()).toEqual([]);
    announce([fetches], job("fetch", { kind: "failed", failure }));
    expect(said()).toEqual(["SO-1"]);
  });

  it("leaves linked clips to the compile panel when that is in sight", () => {
    const links = job("relink", { kind: "running" });
    const linked = job("relink", { kind: "done", result: { kind: "relinked", clips: 2 } });
    useView.setState({ compileOpen: true });
    announce([links], linked);
    expect(said()).toEqual([]);
    useView.setState({ compileOpen: false });
    announce([links], linked);
    expect(said()).toEqual(["Compile Promo: 2 clips"]);
  });

  it("tells what a job made", () => {
    const synced = { kind: "synced", done: 1, waiting: 2, dead: 0 } as const;
    announce([job("sync", { kind: "running" })], job("sync", { kind: "done", result: synced }));
    expect(said()).toEqual(["Compile Promo: 1 entry sent, 2 waiting"]);
  });
});
