import { describe, expect, it } from "vitest";
import { DEFAULT_SIZES, layoutText, parseLayout, useView } from "./view";

describe("a saved layout", () => {
  it("comes back as it was", () => {
    const { setSizes, setSide, setTheme, setTimeline } = useView.getState();
    setSizes({ browser: 360 });
    setSide("outbox");
    setTheme("light");
    setTimeline({ snap: false });
    const text = layoutText(useView.getState());
    useView.setState(useView.getInitialState(), true);
    useView.getState().restore(text);
    const now = useView.getState();
    expect(now.sizes).toEqual({ ...DEFAULT_SIZES, browser: 360 });
    expect([now.side, now.theme, now.timeline.snap]).toEqual(["outbox", "light", false]);
  });

  it("keeps what makes sense of a strange one", () => {
    const strange = { view: "x", side: 7, sizes: { browser: -4, plan: "a", side: 300 }, theme: 1 };
    expect(parseLayout(JSON.stringify(strange))).toEqual({
      view: "edit",
      side: "inspector",
      sizes: { ...DEFAULT_SIZES, side: 300 },
      theme: "dark",
      snap: true,
    });
  });

  it.each([null, "", "{", "7", "null"])("is none: %j", (text) => {
    expect(parseLayout(text)).toBeNull();
  });

  it("remembers that the side panel was put away", () => {
    expect(parseLayout('{"side":null}')?.side).toBeNull();
  });
});

describe("the view", () => {
  it("gives the keys to the timeline when the side panel goes", () => {
    useView.setState({ side: "jobs", focus: "side" });
    useView.getState().setSide(null);
    expect(useView.getState().focus).toBe("timeline");
  });

  it("shows the monitor that gets the keys", () => {
    useView.getState().setFocus("record");
    useView.getState().setFocus("timeline");
    expect(useView.getState().monitor).toBe("record");
  });
});
