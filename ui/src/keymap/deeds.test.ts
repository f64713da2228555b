// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { use } from "../backend/backend";
import { FakeBackend } from "../backend/fake/backend";
import type { MonitorView, Transport } from "../backend/generated";
import { useDesk } from "../state/desk";
import { useMessages } from "../state/messages";
import { setShownFrame, setShownMoment } from "../state/playhead";
import { useView } from "../state/view";
import { perform } from "./actions";
import { fillsScreen } from "./deeds";
import { listenForKeys } from "./listen";

const desk = () => useDesk.getState();

/** What the monitors are asked to do from now on. */
function movesOf(program: FakeBackend): () => Transport[] {
  const asked = vi.spyOn(program, "call");
  return () => asked.mock.calls.map(([, args]) => (args as { transport: Transport }).transport);
}

let fake: FakeBackend;

beforeEach(async () => {
  useDesk.setState(useDesk.getInitialState(), true);
  useView.setState(useView.getInitialState(), true);
  fake = new FakeBackend("edit");
  use(fake);
  await desk().start(fake);
  useView.getState().setFocus("source");
});

describe("compile", () => {
  it("is not asked for what the panel already says can't be planned", () => {
    const asked = vi.spyOn(fake, "call");
    const failure = {
      code: "bad-input",
      title: "Can't be planned",
      detail: "clip 1 reaches over a hole",
      hint: "Trim it.",
      retryable: false,
    };
    useDesk.setState({ plan: { kind: "failed", revision: desk().sequence.revision, failure } });
    perform("plan.compile");
    expect(useView.getState().compileOpen).toBe(true);
    perform("plan.compile");
    expect(asked.mock.calls.map(([command]) => command)).not.toContain("compile_start");
    expect(useMessages.getState().messages).toHaveLength(0);
  });
});

describe("other flows for the clips", () => {
  it("can be asked for where there are some, but not twice at once", async () => {
    expect(perform("link.best")).toBe(false);
    expect(perform("link.preview")).toBe(false);
    fake = new FakeBackend("previews");
    use(fake);
    await desk().start(fake);
    const asked = vi.spyOn(fake, "call");
    expect(perform("link.best")).toBe(true);
    const args = { clips: [], purpose: "best" };
    expect(asked).toHaveBeenLastCalledWith("sequence_relink", args);
    await vi.waitFor(() => expect(desk().jobs[0]?.kind).toBe("relink"));
    expect(perform("link.best")).toBe(false);
    expect(perform("link.preview")).toBe(false);
  });
});

describe("keys that are struck at once", () => {
  it("append the part that was marked right before", async () => {
    const { revision, clips } = desk().sequence;
    setShownFrame("source", 30);
    perform("mark.in");
    setShownFrame("source", 89);
    perform("mark.out");
    perform("cut.append");
    await vi.waitFor(() => expect(desk().sequence.revision).toBeGreaterThan(revision));
    expect(desk().sequence.clips).toHaveLength(clips.length + 1);
    expect(desk().sequence.clips.at(-1)).toMatchObject({ sourceFirst: 30, sourceFrames: 60 });
    expect(desk().source).toMatchObject({ markIn: 30, markOut: 90 });
  });

  it("play twice as fast with a second L, and turn round with J", () => {
    const asked = vi.spyOn(fake, "call");
    for (const id of ["play.on", "play.on", "play.back", "play.stop", "play.on"] as const) {
      perform(id);
    }
    const moves = asked.mock.calls.map(([, args]) => (args as { transport: Transport }).transport);
    expect(moves.map((move) => (move.kind === "play" ? move.rate : move.kind))).toEqual([
      1,
      2,
      -1,
      "pause",
      1,
    ]);
    expect(desk().source.rate).toBe(1);
  });
});

describe("parts that are played", () => {
  const stand = (change: Partial<MonitorView>) => {
    const { source, record } = desk();
    useDesk.setState({ source: { ...source, ...change }, record: { ...record, ...change } });
  };

  it("lie between the marks, or around the playhead", () => {
    const moves = movesOf(fake);
    setShownFrame("source", 300);
    stand({ markIn: 100, markOut: 200 });
    perform("play.between");
    perform("play.around");
    expect(moves()).toEqual([
      { kind: "playBetween", first: 100, end: 200, repeat: false, rest: null },
      { kind: "playBetween", first: 250, end: 350, repeat: false, rest: 300 },
    ]);
  });

  it("are looped: the clip under the playhead where nothing is marked, then played on", () => {
    const moves = movesOf(fake);
    const clip = desk().sequence.clips[1];
    if (!clip) throw new Error("no clip");
    useView.getState().setFocus("timeline");
    setShownFrame("record", clip.at + 5);
    stand({ markIn: null, markOut: null });
    perform("play.loop");
    expect(desk().record).toMatchObject({ rate: 1, repeats: true });
    perform("play.loop");
    expect(desk().record).toMatchObject({ rate: 1, repeats: false });
    const [first, end] = [clip.at, clip.at + clip.frames];
    expect(moves()).toEqual([
      { kind: "playBetween", first, end, repeat: true, rest: null },
      { kind: "play", rate: 1 },
    ]);
  });

  it("are none where nothing lies between the marks", () => {
    stand({ markIn: desk().source.frames });
    expect(perform("play.between")).toBe(false);
  });
});

describe("K", () => {
  it("pauses, and while it is held J and L step", () => {
    const stop = listenForKeys();
    const moves = movesOf(fake);
    const key = (type: "keydown" | "keyup", name: string) =>
      window.dispatchEvent(new KeyboardEvent(type, { key: name }));
    for (const name of ["k", "l", "j"]) key("keydown", name);
    key("keyup", "k");
    key("keydown", "l");
    key("keydown", "k");
    window.dispatchEvent(new Event("blur"));
    key("keydown", "j");
    stop();
    expect(moves()).toEqual([
      { kind: "pause" },
      { kind: "step", frames: 1 },
      { kind: "step", frames: -1 },
      { kind: "play", rate: 1 },
      { kind: "pause" },
      { kind: "play", rate: -1 },
    ]);
  });
});

describe("the monitor that fills the window", () => {
  it("is the one that has the keys, until it is asked again or stepped out of", () => {
    const filled = () => useView.getState().filled;
    useView.getState().setFocus("timeline");
    perform("monitor.fill");
    expect([filled(), useView.getState().focus]).toEqual(["record", "record"]);
    useView.getState().selectClips(["a"]);
    perform("escape");
    expect([filled(), useView.getState().selectedClips]).toEqual([null, ["a"]]);
    perform("monitor.fill");
    perform("monitor.toggle");
    expect(filled()).toBe("source");
    perform("monitor.fill");
    expect(filled()).toBeNull();
  });
});

describe("overlays", () => {
  it("are chosen for the monitor that has the keys", () => {
    perform("overlay.safe");
    useView.getState().setFocus("record");
    perform("overlay.burnIn");
    expect(useView.getState().overlays).toEqual({
      source: { safe: true, burnIn: false, mask: null },
      record: { safe: false, burnIn: true, mask: null },
    });
  });
});

describe("how a time is read", () => {
  const kinds = (steps: number) =>
    Array.from({ length: steps }, () => {
      perform("monitor.time");
      return useView.getState().times.source;
    });

  it("goes through all, and past the wall clock where there is no date", () => {
    setShownMoment("source", { time: 1_764_581_437_000_000_000n, taiAhead: 37 });
    expect(kinds(4)).toEqual(["frames", "tams", "clock", "timecode"]);
    setShownMoment("source", { time: 40_000_000n, taiAhead: null });
    expect(kinds(4)).toEqual(["frames", "tams", "timecode", "frames"]);
  });
});

describe("a monitor's own window", () => {
  const page = (innerWidth: number, innerHeight: number) => ({
    innerWidth,
    innerHeight,
    screen: { width: 1920, height: 1080 } as Screen,
  });

  it("fills its screen when nothing of that is left", () => {
    expect(fillsScreen(page(1920, 1080))).toBe(true);
    expect(fillsScreen(page(1920, 1079))).toBe(true);
    expect(fillsScreen(page(1920, 1043))).toBe(false);
    expect(fillsScreen(page(960, 1080))).toBe(false);
  });

  it("leaves the whole screen with Escape, and does nothing else then", () => {
    useView.getState().setAlone("source");
    useView.getState().selectClips(["c"]);
    const asked = vi.spyOn(fake, "call");
    vi.stubGlobal("innerHeight", 700);
    vi.stubGlobal("innerWidth", 1000);
    vi.stubGlobal("screen", { width: 1920, height: 1080 });
    perform("escape");
    expect(asked).not.toHaveBeenCalled();
    vi.stubGlobal("screen", { width: 1000, height: 700 });
    perform("escape");
    expect(asked.mock.calls).toEqual([
      ["monitor_window", { monitor: "source", deed: "fullScreen" }],
    ]);
    expect(useView.getState()).toMatchObject({ focus: "source", selectedClips: ["c"] });
    vi.unstubAllGlobals();
  });
});
