// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../backend/backend";
import type { ClipView, SequenceEdit, SequenceView, Transport } from "../backend/generated";
import { perform } from "../keymap/actions";
import { useDesk } from "../state/desk";
import { setShownFrame } from "../state/playhead";
import { useView } from "../state/view";
import { clipsOf, flowOf, planOf, spanOf } from "./fixtures";
import { ABOVE_TRACKS, HEADERS, OVERVIEW } from "./rows";
import { TimelinePanel } from "./TimelinePanel";

const WIDTH = 1000;
const HEIGHT = 460;
/** Somewhere in the video track, in the ruler. */
const VIDEO = ABOVE_TRACKS + 40;
const RULER = OVERVIEW + 14;

/** What the program was asked. */
const asked = { edits: [] as SequenceEdit[], moves: [] as Transport[], opened: [] as unknown[] };

const backend = {
  call: async (command: string, args: Record<string, unknown>) => {
    switch (command) {
      case "sequence_edit":
        asked.edits.push(args.edit as SequenceEdit);
        return useDesk.getState().sequence;
      case "monitor_transport":
        asked.moves.push(args.transport as Transport);
        return useDesk.getState()[args.monitor as "source" | "record"];
      case "source_open":
        asked.opened.push(args);
        return useDesk.getState().source;
      default:
        return flowOf();
    }
  },
  pictureUrl: (flow: string, frame: number) => `picture:${flow}/${frame}`,
  peaks: async () => null,
} as unknown as Backend;

function sequenceOf(clips: ClipView[]): SequenceView {
  const last = clips.at(-1);
  return {
    project: "Open-air weekend",
    title: "Promo",
    revision: 1,
    frameRate: { numerator: 25, denominator: 1 },
    frames: last === undefined ? 0 : last.at + last.frames,
    startFrame: 900_000,
    clips,
    markers: [],
    history: [],
    done: 0,
    saved: null,
  };
}

let root: Root;
let host: HTMLElement;

/** Shows the timeline at 4 pixels a frame. */
async function show(clips: ClipView[]): Promise<void> {
  const spans = [spanOf("encode", 0, 10), spanOf("copy", 10, 170)];
  useDesk.setState({
    ready: true,
    sequence: sequenceOf(clips),
    plan: clips.length === 0 ? { kind: "empty" } : { kind: "ready", plan: planOf(spans) },
    segments: { flow: flowOf() },
  });
  useView.getState().setTimeline({ pxPerFrame: 4, firstFrame: 0, snap: false, tool: "select" });
  await act(async () => {
    root.render(
      <MantineProvider>
        <div data-carry="flow">Carry me</div>
        <TimelinePanel />
      </MantineProvider>,
    );
  });
}

function at(testId: string): HTMLElement {
  const element = host.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
  if (element === null) throw new Error(`no ${testId}`);
  return element;
}

type PointerKind = "pointerdown" | "pointermove" | "pointerup";

/** A pointer event at pixels of the lanes. */
async function point(kind: PointerKind, x: number, y: number, target?: Element, init = {}) {
  const on = target ?? laneAt(y);
  await act(async () => {
    on.dispatchEvent(
      new PointerEvent(kind, {
        bubbles: true,
        cancelable: true,
        button: 0,
        pointerId: 1,
        clientX: x + HEADERS,
        clientY: y,
        ...init,
      }),
    );
  });
}

function laneAt(y: number): Element {
  const lane = y < ABOVE_TRACKS ? "ruler" : "video";
  const element = host.querySelector(`[data-lane=${lane}]`);
  if (element === null) throw new Error(`no lane ${lane}`);
  return element;
}

async function key(stroke: string, init = {}, target: Element = at("timeline-lanes")) {
  const event = new KeyboardEvent("keydown", {
    key: stroke,
    bubbles: true,
    cancelable: true,
    ...init,
  });
  await act(async () => {
    target.dispatchEvent(event);
  });
}

function selected(): string[] {
  return useView.getState().selectedClips;
}

beforeAll(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(WIDTH + HEADERS);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(HEIGHT);
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(
    () => new DOMRect(0, 0, WIDTH + HEADERS, HEIGHT),
  );
  HTMLElement.prototype.setPointerCapture = () => {};
  use(backend);
});

beforeEach(() => {
  asked.edits = [];
  asked.moves = [];
  asked.opened = [];
  useView.setState({ selectedClips: [], tab: "sequence", compileOpen: false });
  setShownFrame("record", 0);
  host = document.body.appendChild(document.createElement("div"));
  root = createRoot(host);
});

afterEach(async () => {
  await act(async () => root.unmount());
  host.remove();
});

describe("the sequence", () => {
  it("shows its clips, the plan and a list of both in words", async () => {
    await show(clipsOf(50, 100, 30));
    expect(host.querySelectorAll("[data-testid=clip]").length).toBe(3);
    const kinds = [...host.querySelectorAll<HTMLElement>("[data-kind]")].map((e) => e.dataset.kind);
    expect(kinds).toEqual(["reencode", "copy"]);
    expect(at("clip-list").textContent).toContain(
      "Clip 0, video 1, from 10:00:00:00, 2 s, 10 of 50 frames re-encoded, the rest copied",
    );
    expect(at("clip-list").textContent).toContain("Clip 1, video 1, from 10:00:02:00, 4 s, copied");
  });

  it("tells which clips are cut from preview flows, with or without room for it", async () => {
    const clips = clipsOf(50, 10, 30).map((clip, i) => ({ ...clip, preview: i < 2 }));
    await show(clips);
    const shown = [...host.querySelectorAll<HTMLElement>("[data-testid=clip]")];
    const tagged = shown.map((clip) => clip.querySelector("[data-testid=clip-preview]"));
    expect(tagged.map((tag) => tag?.textContent)).toEqual(["Preview", undefined, undefined]);
    expect(tagged[0]?.getAttribute("title")).toContain("Cut from the preview flow");
    expect(shown[1]?.title).toBe("Clip 1, copied, cut from the preview flow");
    expect(at("clip-list").textContent?.split("cut from the preview flow")).toHaveLength(3);
  });

  it("has only the clips in sight in the page", async () => {
    await show(clipsOf(...Array<number>(2000).fill(50)));
    expect(host.querySelectorAll("[data-testid=clip]").length).toBe(5);
    expect(at("clip-list").children.length).toBe(100);
  });

  it("selects by click and moves a clip by one edit at the end of the drag", async () => {
    await show(clipsOf(50, 100, 30));
    await point("pointerdown", 100, VIDEO);
    expect(selected()).toEqual(["c0"]);
    await point("pointermove", 300, VIDEO);
    await point("pointermove", 610, VIDEO);
    expect(at("ghost").textContent).toBe("Clip 0");
    expect(asked.edits).toEqual([]);
    await point("pointerup", 610, VIDEO);
    expect(asked.edits).toEqual([{ kind: "move", clip: "c0", to: 2 }]);
    expect(host.querySelector("[data-testid=ghost]")).toBeNull();
  });

  it("trims an end, says what it costs, and takes it back on Esc", async () => {
    await show(clipsOf(50, 100, 30));
    await point("pointerdown", 201, VIDEO);
    await point("pointermove", 229, VIDEO);
    expect(at("trim-hint").textContent).toContain("Trim start +7 f · re-encodes 0.72 s");
    expect(at("trim-hint").textContent).toContain("Key frame at −7 f copies everything");
    await key("Escape");
    await point("pointerup", 229, VIDEO);
    expect(asked.edits).toEqual([]);
    await point("pointerdown", 201, VIDEO);
    await point("pointermove", 229, VIDEO);
    await point("pointerup", 229, VIDEO);
    expect(asked.edits).toEqual([{ kind: "trim", clip: "c1", first: 107, frames: 93 }]);
  });

  it("scrubs the record monitor in the ruler and seeks at the end", async () => {
    await show(clipsOf(50, 100, 30));
    await point("pointerdown", 40, RULER);
    await point("pointermove", 80, RULER);
    await point("pointerup", 80, RULER);
    await vi.waitFor(() => expect(asked.moves.at(-1)).toEqual({ kind: "seek", frame: 20 }));
    expect(asked.moves[0]).toEqual({ kind: "scrub", frame: 10 });
  });

  it("moves the playhead and its timecode with the picture that was drawn", async () => {
    await show(clipsOf(50, 100, 30));
    act(() => setShownFrame("record", 30));
    expect(at("playhead").style.transform).toBe("translateX(120px)");
    expect(at("timeline-timecode").textContent).toBe("10:00:01:05");
  });

  it("turns the page when the playhead leaves", async () => {
    await show(clipsOf(400, 400, 400));
    await act(async () => setShownFrame("record", 600));
    expect(useView.getState().timeline.firstFrame).toBe(575);
  });

  it("splits with the pointer", async () => {
    await show(clipsOf(50, 100, 30));
    await act(async () => useView.getState().setTimeline({ tool: "split" }));
    await point("pointerdown", 300, VIDEO);
    expect(asked.edits).toEqual([{ kind: "split", at: 75 }]);
  });

  it("selects the clip beside with Alt and an arrow", async () => {
    await show(clipsOf(50, 100, 30));
    await key("ArrowRight", { altKey: true });
    expect(selected()).toEqual(["c0"]);
    await key("ArrowRight", { altKey: true });
    expect(selected()).toEqual(["c1"]);
    await key("ArrowLeft", { altKey: true });
    expect(selected()).toEqual(["c0"]);
    await act(async () => void perform("clips.after"));
    expect(selected()).toEqual(["c1"]);
    await act(async () => useView.getState().setTab("source"));
    expect(perform("clips.after")).toBe(false);
  });

  it("zooms around the pointer with Ctrl and the wheel, and scrolls without", async () => {
    await show(clipsOf(400, 400, 400));
    // The wheel event of the test's page has neither keys nor a place; a mouse event has both.
    const wheel = (deltaY: number, init: MouseEventInit = {}) =>
      act(async () => {
        const event = new MouseEvent("wheel", { bubbles: true, cancelable: true, ...init });
        at("timeline-lanes").dispatchEvent(
          Object.assign(event, { deltaX: 0, deltaY, deltaMode: 0 }),
        );
      });
    await wheel(400);
    expect(useView.getState().timeline.firstFrame).toBe(100);
    await wheel(-40, { ctrlKey: true, clientX: HEADERS + 400 });
    const { pxPerFrame, firstFrame } = useView.getState().timeline;
    expect(pxPerFrame).toBeCloseTo(4 * Math.exp(0.1), 6);
    expect(firstFrame + 400 / (pxPerFrame ?? 1)).toBeCloseTo(200, 6);
  });

  it("shows why a clip is a slate, and that there is no plan", async () => {
    const [clip] = clipsOf(150);
    const failure = {
      code: "SO-MEDIA-001",
      title: "Not on this machine",
      detail: "Segment 4",
      hint: "Connect the store",
      retryable: true,
    };
    await show(clip === undefined ? [] : [{ ...clip, problem: failure }]);
    expect(at("clip").textContent).toContain("Not on this machine");
    await act(async () => useDesk.setState({ plan: { kind: "failed", revision: 1, failure } }));
    expect(host.querySelector(".tl-plan-failed")?.textContent).toBe("Not on this machine");
  });
});

describe("carrying a flow here", () => {
  const carry = async (x: number, init = {}) => {
    const thing = host.querySelector("[data-carry]") ?? host;
    await point("pointerdown", -100, 900, thing);
    await point("pointermove", x, VIDEO, thing, init);
    return () => point("pointerup", x, VIDEO, thing, init);
  };
  const part = { flowId: "flow", markIn: null, markOut: null };

  it("inserts it at the joint nearby and says so before", async () => {
    await show(clipsOf(50, 100, 30));
    const drop = await carry(206);
    expect(at("timeline-lanes").textContent).toContain("Insert at 10:00:02:00");
    await drop();
    expect(asked.edits).toEqual([{ kind: "insert", part, at: 50 }]);
    expect(host.querySelector("[data-testid=ghost]")).toBeNull();
  });

  it("overwrites with Alt", async () => {
    await show(clipsOf(50, 100, 30));
    const drop = await carry(300, { altKey: true });
    await drop();
    expect(asked.edits).toEqual([{ kind: "overwrite", part, at: 75 }]);
  });

  it("appends it to an empty timeline", async () => {
    await show([]);
    const source = { ...useDesk.getState().source, flowId: "flow", title: "Meadow" };
    await act(async () => useDesk.setState({ source }));
    expect(at("timeline-empty").textContent).toContain("Put the marked part on the timeline");
    const drop = await carry(300);
    expect(at("carried").textContent).toBe("Meadow");
    await drop();
    expect(asked.edits).toEqual([{ kind: "append", part }]);
  });

  it("is taken back by Esc", async () => {
    await show(clipsOf(50, 100, 30));
    const drop = await carry(300);
    await key("Escape");
    await drop();
    expect(asked.edits).toEqual([]);
  });
});

describe("the source", () => {
  it("shows segments, gaps and the marked part, and seeks where it is pressed", async () => {
    await show(clipsOf(50));
    const { source } = useDesk.getState();
    const segments = [
      {
        objectId: "object-a",
        timerange: "[0:0_4:0)",
        firstFrame: 0,
        frames: 100,
        bytes: 1_500_000,
        here: true,
      },
      {
        objectId: "object-b",
        timerange: "[5:0_9:0)",
        firstFrame: 100,
        frames: 100,
        bytes: null,
        here: false,
      },
    ];
    const flow = { ...flowOf(200), segments, gaps: [{ afterFrame: 99, timerange: "[4:0_5:0)" }] };
    await act(async () => {
      useDesk.setState({
        segments: { flow },
        source: {
          ...source,
          state: "ready",
          title: "Meadow",
          flowId: "flow",
          frames: 200,
          markIn: 50,
        },
      });
      useView.getState().setTab("source");
    });
    const lanes = at("source-lanes");
    expect(at("tab-source").textContent).toBe("Source · Meadow");
    expect(lanes.textContent).toContain("object-a1.5 MB");
    expect(lanes.textContent).toContain("object-bnot on this machine");
    expect(lanes.querySelectorAll(".tl-gap").length).toBe(1);
    expect(at("marked-range").className).toContain("in");
    await point("pointerdown", 0, RULER);
    await point("pointermove", 400, RULER);
    await point("pointerup", 400, RULER);
    await vi.waitFor(() => expect(asked.moves.at(-1)?.kind).toBe("seek"));
    expect(asked.moves.at(-1)).toEqual({ kind: "seek", frame: 82 });
    expect(useView.getState().focus).toBe("source");
  });
});
