// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { use } from "../backend/backend";
import { FakeBackend } from "../backend/fake/backend";
import type { Transport } from "../backend/generated";
import { useDesk } from "../state/desk";
import { useMessages } from "../state/messages";
import { setShownFrame } from "../state/playhead";
import { useView } from "../state/view";
import { perform } from "./actions";

const desk = () => useDesk.getState();

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
