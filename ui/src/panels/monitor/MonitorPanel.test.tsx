// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../../backend/backend";
import { frameBytes } from "../../backend/frames/sample";
import type { JobView, MonitorView, Transport } from "../../backend/generated";
import { useDesk } from "../../state/desk";
import { shownFrame } from "../../state/playhead";
import { useView } from "../../state/view";
import { MonitorPanel } from "./MonitorPanel";

/** The other end of the source monitor. */
const far = {
  give: (_: ArrayBuffer) => {},
  credit: 0,
  asked: null as { command: string; args: unknown } | null,
  moves: [] as Transport[],
  refreshes: [] as FrameRequestCallback[],
};

const backend = {
  call: async (command: string, args: { transport: Transport }) => {
    far.asked = { command, args };
    far.moves.push(args.transport);
    return useDesk.getState().source;
  },
  frames: (_: string, onFrame: (bytes: ArrayBuffer) => void, onState: (state: "open") => void) => {
    far.give = onFrame;
    onState("open");
    return {
      configure: () => {},
      credit: (count: number) => {
        far.credit += count;
      },
      close: () => {},
    };
  },
} as unknown as Backend;

const READY: MonitorView = {
  monitor: "source",
  state: "ready",
  problem: null,
  generation: 3,
  version: 1,
  title: "Meadow",
  flowId: "f",
  frames: 125,
  frameRate: { numerator: 25, denominator: 1 },
  width: 1280,
  height: 720,
  sound: true,
  frame: 0,
  rate: 0,
  repeats: false,
  live: "still",
  loudness: null,
  markIn: 25,
  markOut: 75,
  shownFpsTenths: null,
  dropped: 0,
  decode: "libav → RGBA 480×270",
  buffered: 45,
};

/** A picture; without a time unless it is given one. */
function picture(frame: number, generation = 3, exact = true, time: bigint | null = null) {
  return frameBytes({
    time,
    taiAhead: time === null ? null : 37,
    format: "rgba",
    width: 16,
    height: 9,
    strides: [64, 0],
    frame,
    generation,
    exact,
    seq: frame,
  });
}

let root: Root;

function at(testId: string): HTMLElement {
  const element = document.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
  if (!element) throw new Error(`no ${testId}`);
  return element;
}

/** Shows the source monitor; the probe has its time. */
async function show(view: Partial<MonitorView> = {}) {
  useDesk.setState({ ready: true, source: { ...READY, ...view } });
  await act(async () => {
    root.render(
      <MantineProvider env="test">
        <MonitorPanel monitor="source" />
      </MantineProvider>,
    );
  });
  await act(async () => new Promise((resolve) => setTimeout(resolve, 0)));
}

/** One refresh of the screen; the frame number that can be read in the same task. */
function refresh(): string | null {
  let read: string | null = null;
  act(() => {
    for (const draw of far.refreshes.splice(0)) draw(0);
    read = at("frame-source").textContent;
  });
  return read;
}

beforeAll(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("ImageData", class {});
  vi.stubGlobal("requestAnimationFrame", (draw: FrameRequestCallback) => far.refreshes.push(draw));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(((kind: string) =>
    kind === "2d" ? { putImageData: () => {}, getImageData: () => {} } : null) as never);
});

beforeEach(() => {
  use(backend);
  useView.setState(useView.getInitialState(), true);
  useDesk.setState(useDesk.getInitialState(), true);
  far.credit = 0;
  far.moves = [];
  far.refreshes = [];
  const place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
});

afterEach(async () => {
  await act(async () => root.unmount());
  document.body.replaceChildren();
});

const FETCH: JobView = {
  id: "f1",
  kind: "fetch",
  title: "Fetch Stage",
  state: { kind: "running" },
  progress: { stage: "Fetching", done: 9e6, total: 36e6, unit: "bytes", bytes: 9e6 },
  started: "",
  elapsedMs: 500,
  cancellable: true,
};

describe("the source monitor", () => {
  it("says how far a fetch is instead of leaving another picture there", async () => {
    await show();
    far.give(picture(48));
    expect(refresh()).toBe("48");
    await act(async () =>
      useDesk.setState({ source: { ...READY, state: "opening", generation: 4 }, jobs: [FETCH] }),
    );
    expect(at("fetching-source").textContent).toContain("Fetching 9.0 MB of 36.0 MB");
    expect(at("truth-source").textContent).toContain("Fetching 25 %");
    expect(at("frame-source").textContent).toBe("");
    await act(async () => at("fetching-source").querySelector("button")?.click());
    expect(far.asked).toEqual({ command: "job_cancel", args: { jobId: "f1" } });
    await act(async () => useDesk.setState({ source: { ...READY, generation: 4 }, jobs: [] }));
    expect(document.querySelector("[data-testid=fetching-source]")).toBeNull();
    far.give(picture(7, 4));
    expect(refresh()).toBe("7");
  });

  it("shows the number of the frame that was drawn, in the task that drew it", async () => {
    await show();
    expect(far.credit).toBe(2);
    far.give(picture(48));
    expect(at("frame-source").textContent).toBe("");
    expect(refresh()).toBe("48");
    expect(at("timecode-source").textContent).toBe("00:00:01:23");
    expect(shownFrame("source")).toBe(48);
    expect(far.credit).toBe(3);
    far.give(picture(50, 3, false));
    refresh();
    expect(at("truth-source").textContent).toContain("Frame 50 key frame");
  });

  it("does not follow what the program says about the frame, only pictures", async () => {
    await show();
    far.give(picture(5));
    refresh();
    await act(async () => useDesk.setState({ source: { ...READY, frame: 90 } }));
    expect(at("frame-source").textContent).toBe("5");
    far.give(picture(7, 2));
    refresh();
    expect(at("frame-source").textContent).toBe("5");
  });

  it("keeps the last picture while another flow opens, and says so", async () => {
    await show();
    far.give(picture(5));
    refresh();
    await act(async () =>
      useDesk.setState({ source: { ...READY, state: "opening", generation: 4, title: "Gallery" } }),
    );
    expect(document.querySelector("canvas")).not.toBeNull();
    expect(at("frame-source").textContent).toBe("5");
    expect(at("monitor-source").textContent).toContain("Opening");
    far.give(picture(0, 4));
    await act(async () => useDesk.setState({ source: { ...READY, generation: 4 } }));
    expect(refresh()).toBe("0");
    expect(at("monitor-source").textContent).not.toContain("Opening");
  });

  it("says what will appear while it is empty", async () => {
    await show({ state: "empty", title: "", frames: 0, flowId: null });
    expect(at("empty-source").textContent).toContain("No flow is open");
    expect(at("monitor-source").textContent).toContain("Idle");
    expect(at("play-toggle-source").hasAttribute("disabled")).toBe(true);
    expect(document.querySelector('[data-testid="frame-source"]')).toBeNull();
  });

  it("names what is missing and the next step on a slate", async () => {
    await show({
      state: "slate",
      problem: {
        code: "SO-MEDIA-014",
        title: "not cached",
        detail: "object 9f3c at 18:06:27:19",
        hint: "Connect the store, then try again.",
        retryable: true,
      },
    });
    const slate = at("slate-source").textContent ?? "";
    for (const words of [
      "Slate",
      "not cached",
      "object 9f3c",
      "Connect the store",
      "SO-MEDIA-014",
    ]) {
      expect(slate).toContain(words);
    }
  });

  it("moves the read-outs to the frame of a slate, and back to the picture behind it", async () => {
    await show();
    far.give(picture(5));
    expect(refresh()).toBe("5");
    await act(async () => useDesk.setState({ source: { ...READY, state: "slate", frame: 60 } }));
    expect(at("truth-source").textContent).toContain("Frame 60 slate");
    expect(shownFrame("source")).toBe(60);
    await act(async () => useDesk.setState({ source: { ...READY, frame: 61 } }));
    expect(at("truth-source").textContent).toContain("Frame 5 exact");
  });

  it("goes to a frame that is typed where frames are read", async () => {
    useView.getState().setTime("source", "frames");
    await show();
    far.give(picture(30));
    refresh();
    expect(at("timecode-source").textContent).toBe("30");
    await act(async () => at("timecode-source").click());
    const field = at("timecode-typing-source") as HTMLInputElement;
    expect(field.value).toBe("30");
    await act(async () => {
      field.value = "101";
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    });
    expect(far.moves).toEqual([{ kind: "seek", frame: 101 }]);
  });

  it("reads the time of day with its date beside it, and says why there is none", async () => {
    useView.getState().setTime("source", "clock");
    await show();
    const time = at("timecode-source");
    far.give(picture(30, 3, true, 1_764_547_237_040_000_000n));
    refresh();
    expect(time.textContent).toBe("00:00:00.040");
    expect(time.closest("button")?.title).toContain("2025-12-01");
    far.give(picture(31, 3, true, 5n));
    refresh();
    expect(time.textContent).toBe("—");
    expect(time.closest("button")?.title).toContain("counts from 0");
    await act(async () => at("time-kind-source").click());
    expect(at("time-clock").hasAttribute("disabled")).toBe(true);
    expect(at("time-clock").textContent).toContain("counts from 0");
    expect(at("time-tams").hasAttribute("disabled")).toBe(false);
  });

  it("names its key on the button that follows what is recorded", async () => {
    await show({ live: "growing" });
    const live = at("live-source");
    expect(live.getAttribute("aria-pressed")).toBe("false");
    await act(async () => live.click());
    expect(far.moves).toEqual([{ kind: "live" }]);
    await act(async () => useDesk.setState({ source: { ...READY, live: "following" } }));
    expect(live.getAttribute("aria-pressed")).toBe("true");
    await act(async () => live.click());
    expect(far.moves.at(-1)).toEqual({ kind: "pause" });
  });

  it("goes to a timecode that is typed, and says when it is none", async () => {
    await show();
    far.give(picture(30));
    refresh();
    const type = async (text: string, key: string) => {
      const field = at("timecode-typing-source") as HTMLInputElement;
      await act(async () => {
        field.value = text;
        field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      });
    };
    await act(async () => at("timecode-source").click());
    await type("00:00:61:00", "Enter");
    expect(at("timecode-typing-source").getAttribute("aria-invalid")).toBe("true");
    await type("+10", "Enter");
    expect(far.moves).toEqual([{ kind: "seek", frame: 40 }]);
    await act(async () => at("timecode-source").click());
    await type("00:00:01:00", "Escape");
    expect(at("timecode-source").textContent).toBe("00:00:01:05");
    expect(far.moves).toHaveLength(1);
  });

  it("shows the marked part and how long it is", async () => {
    await show();
    expect(at("duration-source").textContent).toBe("00:00:02:00");
    expect(at("marked-source").style.left).toBe("20%");
    expect(at("marked-source").style.right).toBe("40%");
  });

  it("scrubs while the bar is dragged and seeks where it is let go", async () => {
    await show();
    const bar = at("scrub-source");
    bar.getBoundingClientRect = () => ({ left: 100, width: 500 }) as DOMRect;
    bar.setPointerCapture = () => {};
    const pointer = (type: string, clientX: number) =>
      act(async () => {
        bar.dispatchEvent(new PointerEvent(type, { clientX, button: 0, bubbles: true }));
      });
    await pointer("pointerdown", 100);
    await pointer("pointermove", 140);
    await pointer("pointermove", 200);
    await pointer("pointerup", 204);
    expect(far.moves[0]).toEqual({ kind: "scrub", frame: 0 });
    expect(far.moves.at(-1)).toEqual({ kind: "seek", frame: 26 });
    await pointer("pointermove", 300);
    expect(far.moves.at(-1)).toEqual({ kind: "seek", frame: 26 });
  });

  it("is moved by its buttons, which give it the keys", async () => {
    await show();
    act(() => useView.getState().setFocus("timeline"));
    await act(async () => at("step-on-source").click());
    expect(useView.getState().focus).toBe("source");
    expect(far.moves).toEqual([{ kind: "step", frames: 1 }]);
  });

  it("burns the timecode in as it reads below, in the task that drew the picture", async () => {
    useView.getState().setOverlays("source", { burnIn: true });
    await show();
    expect(at("burn-source").hidden).toBe(true);
    for (const frame of [48, 49]) {
      far.give(picture(frame));
      expect(refresh()).toBe(String(frame));
      expect(at("burn-source").hidden).toBe(false);
      expect(at("burn-frame-source").textContent).toBe(String(frame));
      expect(at("burn-timecode-source").textContent).toBe(at("timecode-source").textContent);
    }
    await act(async () => useDesk.setState({ source: { ...READY, state: "slate", frame: 60 } }));
    expect(document.querySelector("[data-testid=burn-source]")).toBeNull();
    act(() => useView.getState().setOverlays("source", { burnIn: false }));
  });

  it("masks the shape of the picture that is drawn", async () => {
    useView.getState().setOverlays("source", { mask: "1:1" });
    await show();
    far.give(picture(48));
    refresh();
    expect(at("mask-source").style.width).toBe("56.25%");
    expect(at("mask-source").style.height).toBe("100%");
    act(() => useView.getState().setOverlays("source", { mask: null }));
    expect(document.querySelector("[data-testid=overlaid-source]")).toBeNull();
  });

  it("loops the marked part with a button that is lit until it plays on", async () => {
    await show();
    expect(at("loop").getAttribute("aria-pressed")).toBe("false");
    await act(async () => at("loop").click());
    const stretch = { first: 25, end: 75, repeat: true, rest: null };
    expect(far.moves).toEqual([{ kind: "playBetween", ...stretch }]);
    await act(async () => useDesk.setState({ source: { ...READY, rate: 1, repeats: true } }));
    expect(at("loop").getAttribute("aria-pressed")).toBe("true");
    await act(async () => at("loop").click());
    expect(far.moves.at(-1)).toEqual({ kind: "play", rate: 1 });
  });

  it("takes the keys of the panel on its bar", async () => {
    await show();
    act(() => useView.getState().setFocus("source"));
    far.give(picture(30));
    refresh();
    await act(async () => {
      at("scrub-source").dispatchEvent(
        new KeyboardEvent("keydown", { key: "i", bubbles: true, cancelable: true }),
      );
    });
    expect(far.moves).toEqual([{ kind: "markIn", frame: 30 }]);
    expect(at("scrub-source").getAttribute("aria-valuenow")).toBe("30");
  });
});

describe("a monitor in its own window", () => {
  const away = (view: Partial<MonitorView> = {}) => {
    useDesk.setState({ detached: ["source"] });
    return show(view);
  };

  it("leaves word of it in the main window, and the frame it stands at", async () => {
    await away({ frame: 60, rate: 1, dropped: 2 });
    const truth = at("truth-source");
    expect(truth.textContent).toContain("In its own window");
    expect(truth.textContent).toContain("2 dropped");
    expect(truth.textContent).toContain("libav");
    expect(truth.textContent?.trim()).toMatch(/Frame 60$/);
    expect(truth.textContent).not.toMatch(/slate|fps/i);
    expect(shownFrame("source")).toBe(60);
    await act(async () => at("bring-back").click());
    const args = { monitor: "source", deed: "attach" };
    expect(far.asked).toEqual({ command: "monitor_window", args });
  });

  it("can be brought back while it is empty, a slate, or fetches", async () => {
    await away({ state: "empty", title: "", frames: 0 });
    at("bring-back");
    expect(document.querySelector("[data-testid=empty-source]")).toBeNull();
    await act(async () => useDesk.setState({ source: { ...READY, state: "slate" } }));
    at("bring-back");
    expect(document.querySelector("[data-testid=slate-source]")).toBeNull();
    await act(async () =>
      useDesk.setState({ source: { ...READY, state: "opening" }, jobs: [FETCH] }),
    );
    at("bring-back");
    expect(at("truth-source").textContent).toContain("Fetching 25 %");
  });

  it("has its picture there, and no button for what that window may not do", async () => {
    useView.getState().setAlone("source");
    await away();
    far.give(picture(48));
    expect(refresh()).toBe("48");
    expect(document.querySelector("[data-testid=away-source]")).toBeNull();
    const lesson = { marked: false, appended: false, planned: false, compiled: false };
    await act(async () =>
      useDesk.setState({ lesson: { ...lesson, opened: true, printed: false } }),
    );
    expect(document.querySelector("[data-testid=lesson-hint]")).toBeNull();
    await act(async () =>
      useDesk.setState({ source: { ...READY, state: "opening" }, jobs: [FETCH] }),
    );
    expect(at("fetching-source").textContent).toContain("9.0 MB of 36.0 MB");
    expect(at("fetching-source").querySelector("button")).toBeNull();
  });

  it("fills its screen, not the window", async () => {
    useView.getState().setAlone("source");
    await away();
    await act(async () => at("full-screen").click());
    const args = { monitor: "source", deed: "fullScreen" };
    expect(far.asked).toEqual({ command: "monitor_window", args });
    expect(document.querySelector("[data-testid=fill]")).toBeNull();
  });
});
