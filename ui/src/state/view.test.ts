// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../backend/backend";
import { NO_OVERLAYS } from "./overlays";
import { DEFAULT_SIZES, layoutText, parseLayout, saveLayout, useView } from "./view";

describe("a saved layout", () => {
  it("comes back as it was", () => {
    const { setSizes, setSide, setTheme, setTimeline, setOverlays, toggleGroup } =
      useView.getState();
    setSizes({ browser: 360 });
    setSide("outbox");
    setTheme("light");
    setTimeline({ snap: false });
    toggleGroup("archive");
    toggleGroup("");
    toggleGroup("archive");
    setOverlays("record", { safe: true, mask: "9:16" });
    const text = layoutText(useView.getState());
    useView.setState(useView.getInitialState(), true);
    useView.getState().restore(text);
    const now = useView.getState();
    expect(now.sizes).toEqual({ ...DEFAULT_SIZES, browser: 360 });
    expect([now.side, now.theme, now.timeline.snap]).toEqual(["outbox", "light", false]);
    expect(now.foldedGroups).toEqual([""]);
    expect(now.overlays.record).toEqual({ safe: true, burnIn: false, mask: "9:16" });
    expect(now.overlays.source).toEqual(NO_OVERLAYS);
  });

  it("keeps what makes sense of a strange one", () => {
    const strange = {
      view: "x",
      side: 7,
      sizes: { browser: -4, plan: "a", side: 300 },
      theme: 1,
      overlays: { source: { safe: 1, mask: "4:3" }, record: 7 },
    };
    const groups = ["a", 7, "a", "x".repeat(101)];
    expect(parseLayout(JSON.stringify({ foldedGroups: groups }))?.foldedGroups).toEqual(["a"]);
    expect(parseLayout(JSON.stringify(strange))).toEqual({
      view: "edit",
      side: "inspector",
      sizes: { ...DEFAULT_SIZES, side: 300 },
      theme: "dark",
      snap: true,
      foldedGroups: [],
      overlays: { source: NO_OVERLAYS, record: NO_OVERLAYS },
      times: { source: "timecode", record: "timecode" },
    });
  });

  it.each([null, "", "{", "7", "null"])("is none: %j", (text) => {
    expect(parseLayout(text)).toBeNull();
  });

  it("remembers that the side panel was put away", () => {
    expect(parseLayout('{"side":null}')?.side).toBeNull();
  });
});

describe("how times are read", () => {
  it("is saved, and timecode where that makes no sense", () => {
    const state = { ...useView.getState(), times: { source: "tams", record: "clock" } as const };
    expect(parseLayout(layoutText(state))?.times).toEqual(state.times);
    const strange = '{"times":{"source":"years","record":7}}';
    expect(parseLayout(strange)?.times).toEqual({ source: "timecode", record: "timecode" });
  });
});

describe("the view", () => {
  it("gives the keys to the timeline when the side panel goes", () => {
    useView.setState({ side: "jobs", focus: "side" });
    useView.getState().setSide(null);
    expect(useView.getState().focus).toBe("timeline");
  });

  it("leaves the head of a group for the source that is chosen next", () => {
    useView.getState().selectHead("group:studio");
    useView.getState().selectSource("a");
    expect(useView.getState().selectedHead).toBeNull();
  });

  it("shows the monitor that gets the keys", () => {
    useView.getState().setFocus("record");
    useView.getState().setFocus("timeline");
    expect(useView.getState().monitor).toBe("record");
  });
});

describe("a monitor that fills the window", () => {
  const { setFilled, setFocus, setView, setSide, setCompileOpen, openMarker } = useView.getState();
  const filled = () => useView.getState().filled;

  it("is the one that has the keys", () => {
    setFocus("source");
    expect(filled()).toBeNull();
    setFilled("source");
    setFocus("record");
    expect(filled()).toBe("record");
  });

  it.each([
    ["the timeline", () => setFocus("timeline")],
    ["another view", () => setView("sheets")],
    ["a side panel", () => setSide("jobs")],
    ["the compile panel", () => setCompileOpen(true)],
    ["a marker", () => openMarker("m")],
  ])("makes room for %s", (_, ask) => {
    setFilled("record");
    ask();
    expect(filled()).toBeNull();
  });
});

describe("saving", () => {
  const call = vi.fn(async (_command: string, _args: { layout: string }) => null);
  const saved = () => call.mock.calls.map(([, { layout }]) => parseLayout(layout)?.side);

  beforeEach(() => {
    call.mockClear();
    use({ call } as unknown as Backend);
    useView.setState(useView.getInitialState(), true);
  });

  it("waits until nothing changes any more", () => {
    vi.useFakeTimers();
    const stop = saveLayout();
    useView.getState().setSide("jobs");
    useView.getState().setSide("outbox");
    expect(saved()).toEqual([]);
    vi.runAllTimers();
    expect(saved()).toEqual(["outbox"]);
    stop();
    expect(saved()).toEqual(["outbox"]);
    vi.useRealTimers();
  });

  it("loses nothing when it is stopped or the page goes", () => {
    const stop = saveLayout();
    useView.getState().setSide("jobs");
    window.dispatchEvent(new Event("pagehide"));
    expect(saved()).toEqual(["jobs"]);
    useView.getState().setSide("outbox");
    stop();
    expect(saved()).toEqual(["jobs", "outbox"]);
    useView.getState().setSide("metrics");
    window.dispatchEvent(new Event("pagehide"));
    expect(saved()).toEqual(["jobs", "outbox"]);
  });
});
