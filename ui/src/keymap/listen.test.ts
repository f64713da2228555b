import { beforeEach, describe, expect, it, vi } from "vitest";
import { useDesk } from "../state/desk";
import { type Focus, useView } from "../state/view";
import { ACTIONS, action } from "./actions";
import { targetMonitor } from "./deeds";
import { actionFor, strike } from "./listen";
import { editPointAfter, editPointBefore, faster } from "./transport";

const nowhere = { typing: false, control: false, dialog: false };

function idFor(stroke: string, place = nowhere): string | undefined {
  return actionFor(stroke, place, ACTIONS)?.id;
}

function focus(panel: Focus): void {
  useView.setState({ focus: panel });
}

beforeEach(() => {
  useView.setState({ view: "edit", focus: "source", alone: null, selectedClips: [] });
  const { source, record } = useDesk.getState();
  useDesk.setState({
    ready: true,
    source: { ...source, state: "ready", flowId: "f", frames: 100, rate: 0 },
    record: { ...record, state: "ready", frames: 100, rate: 0 },
  });
});

describe("where keys go", () => {
  it("is the monitor with the focus; the timeline moves the record monitor", () => {
    const targets = (["browser", "source", "record", "timeline", "side"] as const).map((panel) => {
      focus(panel);
      return targetMonitor();
    });
    expect(targets).toEqual(["source", "source", "record", "record", "source"]);
  });

  it("leaves arrows to panels that have a use for them", () => {
    expect(idFor("ArrowLeft")).toBe("step.back");
    focus("browser");
    expect(idFor("ArrowLeft")).toBeUndefined();
    focus("source");
    expect(idFor("ArrowUp")).toBeUndefined();
    focus("timeline");
    expect(idFor("ArrowUp")).toBe("go.before");
  });

  it("knows the keys of the job by hand", () => {
    const keys = [
      "Space",
      "J",
      "K",
      "L",
      "K+J",
      "K+L",
      "Shift+Space",
      "Shift+K",
      "I",
      "O",
      "A",
      "V",
      "B",
      "Home",
      "End",
      "P",
      "?",
      "F6",
    ];
    expect(keys.map((key) => idFor(key))).toEqual([
      "play.toggle",
      "play.back",
      "play.stop",
      "play.on",
      "jog.back",
      "jog.on",
      "play.between",
      "play.around",
      "mark.in",
      "mark.out",
      "cut.append",
      "cut.insert",
      "cut.overwrite",
      "go.start",
      "go.end",
      "plan.toggle",
      "keys.open",
      "focus.next",
    ]);
  });

  it("does nothing that can't be done now", () => {
    expect(idFor("Delete")).toBeUndefined();
    expect(idFor("Ctrl+Z")).toBeUndefined();
    expect(idFor("Ctrl+Enter")).toBeUndefined();
    useView.setState({ selectedClips: ["c"] });
    expect(idFor("Delete")).toBe("cut.remove");
  });

  it("leaves letters to a text field, but not the ways out", () => {
    const typing = { ...nowhere, typing: true };
    expect(idFor("A", typing)).toBeUndefined();
    expect(idFor("Space", typing)).toBeUndefined();
    expect(idFor("F6", typing)).toBe("focus.next");
    expect(idFor("Escape", typing)).toBe("escape");
  });

  it("leaves Space to a button that was reached with Tab", () => {
    expect(idFor("Space", { ...nowhere, control: true })).toBeUndefined();
    expect(idFor("L", { ...nowhere, control: true })).toBe("play.on");
  });

  it("leaves all but Escape to an open dialog", () => {
    expect(idFor("A", { ...nowhere, dialog: true })).toBeUndefined();
    expect(idFor("Escape", { ...nowhere, dialog: true })).toBe("escape");
  });
});

describe("a window of a monitor", () => {
  it("moves that monitor and changes how it is seen, and nothing else", () => {
    useView.getState().setAlone("record");
    focus("source");
    expect(targetMonitor()).toBe("record");
    const keys = ["Space", "ArrowRight", "I", "Shift+T", "Shift+F", "F11", "Alt+W", "Escape"];
    expect(keys.map((key) => idFor(key))).toEqual([
      "play.toggle",
      "step.on",
      "mark.in",
      "monitor.time",
      "monitor.fill",
      "monitor.screen",
      "monitor.window",
      "escape",
    ]);
    const others = ["A", "V", "B", "S", "M", "Delete", "Ctrl+Z", "Ctrl+A", "Ctrl+K", "Ctrl+O", "P"];
    expect(others.filter((key) => idFor(key) !== undefined)).toEqual([]);
  });

  it("is the only one that fills the screen", () => {
    expect(idFor("F11")).toBeUndefined();
    expect(idFor("Shift+F")).toBe("monitor.fill");
  });
});

describe("a key that is held", () => {
  const hold = (key: string) => {
    const event = {
      ...{ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, repeat: true },
      preventDefault: vi.fn(),
    };
    strike(event, nowhere);
    strike({ ...event, repeat: false }, nowhere);
    return event.preventDefault.mock.calls.length;
  };

  it("is done once, but stays the window's", () => {
    const run = vi.spyOn(action("cut.append"), "run").mockImplementation(() => {});
    expect(hold("a")).toBe(2);
    expect(run).toHaveBeenCalledTimes(1);
    run.mockRestore();
  });

  it("steps on and on", () => {
    const run = vi.spyOn(action("step.on"), "run").mockImplementation(() => {});
    expect(hold("ArrowRight")).toBe(2);
    expect(run).toHaveBeenCalledTimes(2);
    run.mockRestore();
  });

  it("repeats only steps, edit points, zoom, neighbours and history", () => {
    const repeating = ACTIONS.filter((one) => one.repeats).map((one) => one.id.split(".")[0]);
    expect(new Set(repeating)).toEqual(new Set(["step", "jog", "go", "cut", "clips", "timeline"]));
    expect(repeating).toHaveLength(14);
  });
});

describe("a monitor without a picture", () => {
  const stands = (state: "opening" | "slate", frames: number) => {
    useDesk.setState({ source: { ...useDesk.getState().source, state, frames } });
    return ["L", "Home", "I", "O", "Alt+X"].map((key) => idFor(key));
  };

  it("can be moved away from where it stands, but not marked", () => {
    const moves = ["play.on", "go.start", undefined, undefined, undefined];
    expect(stands("slate", 100)).toEqual(moves);
    expect(stands("opening", 100)).toEqual(moves);
    expect(idFor("A")).toBeUndefined();
  });

  it("has nowhere to go while its frames are not known", () => {
    expect(stands("opening", 0).filter(Boolean)).toEqual([]);
  });
});

describe("speeds", () => {
  it("doubles and turns round", () => {
    expect(faster(0, 1)).toBe(1);
    expect(faster(1, 1)).toBe(2);
    expect(faster(8, 1)).toBe(8);
    expect(faster(4, -1)).toBe(-1);
    expect(faster(-1, -1)).toBe(-2);
    expect(faster(-2, 1)).toBe(1);
  });
});

describe("edit points", () => {
  const clip = { ...useDesk.getState().sequence, frames: 100 };
  const at = [0, 30, 60].map((start) => ({ at: start })) as typeof clip.clips;
  const sequence = { ...clip, clips: at };

  it("are starts of clips and the last frame", () => {
    expect(editPointAfter(sequence, 0)).toBe(30);
    expect(editPointAfter(sequence, 60)).toBe(99);
    expect(editPointAfter(sequence, 99)).toBe(99);
    expect(editPointBefore(sequence, 60)).toBe(30);
    expect(editPointBefore(sequence, 0)).toBe(0);
  });
});
