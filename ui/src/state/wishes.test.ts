import { describe, expect, it } from "vitest";
import type { MonitorView, Transport } from "../backend/generated";
import { useDesk } from "./desk";
import { moved } from "./wishes";

const desk = () => useDesk.getState();

const told: MonitorView = {
  ...desk().source,
  state: "ready",
  generation: 2,
  version: 10,
  frames: 100,
  markIn: 20,
  markOut: 60,
};

/** A source monitor of which the program said `told`. */
function begin(): void {
  useDesk.setState(useDesk.getInitialState(), true);
  desk().takeMonitor(told);
}

const play = (rate: number): Transport => ({ kind: "play", rate });

describe("marks", () => {
  it.each<[Transport, number | null, number | null]>([
    [{ kind: "markIn", frame: 30 }, 30, 60],
    [{ kind: "markIn", frame: 60 }, 60, null],
    [{ kind: "markIn", frame: 500 }, 99, null],
    [{ kind: "markIn", frame: null }, null, 60],
    [{ kind: "markOut", frame: 50 }, 20, 50],
    [{ kind: "markOut", frame: 20 }, null, 20],
    [{ kind: "markOut", frame: 0 }, null, 1],
    [{ kind: "markOut", frame: 500 }, 20, 100],
    [{ kind: "markOut", frame: null }, 20, null],
    [{ kind: "seek", frame: 3 }, 20, 60],
  ])("after %j", (move, markIn, markOut) => {
    expect(moved(told, move)).toMatchObject({ markIn, markOut });
  });

  it("hold against news that did not know of them", () => {
    begin();
    const settleIn = desk().ask("source", { kind: "markIn", frame: 30 });
    desk().ask("source", { kind: "markOut", frame: 50 });
    desk().takeMonitor({ ...told, version: 11, frame: 9 });
    expect(desk().source).toMatchObject({ markIn: 30, markOut: 50, frame: 9 });
    settleIn({ ...told, version: 12, markIn: 30 });
    expect(desk().source).toMatchObject({ markIn: 30, markOut: 50 });
  });

  it("are as the program answers", () => {
    begin();
    const settle = desk().ask("source", { kind: "markIn", frame: 30 });
    settle({ ...told, version: 11, markIn: 28 });
    expect(desk().source.markIn).toBe(28);
  });

  it("are as the program said last when it refuses", () => {
    begin();
    const settle = desk().ask("source", { kind: "markIn", frame: 30 });
    settle(undefined);
    expect(desk().source.markIn).toBe(20);
  });

  it("say nothing about what is opened meanwhile", () => {
    begin();
    desk().ask("source", { kind: "markIn", frame: 30 });
    desk().takeMonitor({ ...told, generation: 3, version: 11, markIn: null, markOut: null });
    expect(desk().source.markIn).toBeNull();
  });
});

describe("a speed", () => {
  it("holds until the program tells how it plays", () => {
    begin();
    const settle = desk().ask("source", play(1));
    settle({ ...told, version: 11 });
    expect(desk().source.rate).toBe(1);
    desk().takeMonitor({ ...told, version: 12, rate: 1 });
    expect(desk().source.rate).toBe(1);
    desk().takeMonitor({ ...told, version: 13, rate: 0 });
    expect(desk().source.rate).toBe(0);
  });

  it("is the program's when the news comes before the answer", () => {
    begin();
    const settle = desk().ask("source", play(1));
    desk().takeMonitor({ ...told, version: 12, rate: 1 });
    desk().takeMonitor({ ...told, version: 13, rate: 0 });
    settle({ ...told, version: 11 });
    expect(desk().source.rate).toBe(0);
  });

  it("counts only as it was asked for last", () => {
    begin();
    const settleFirst = desk().ask("source", play(1));
    desk().ask("source", play(2));
    settleFirst({ ...told, version: 11, rate: 1 });
    expect(desk().source.rate).toBe(2);
    desk().ask("source", { kind: "seek", frame: 4 });
    expect(desk().source.rate).toBe(0);
  });

  it("is known to come again and again until something else is asked for", () => {
    begin();
    const loop: Transport = { kind: "playBetween", first: 20, end: 60, repeat: true, rest: null };
    const settle = desk().ask("source", loop);
    expect(desk().source).toMatchObject({ rate: 1, repeats: true });
    settle({ ...told, version: 11, rate: 1 });
    expect(desk().source.repeats).toBe(true);
    desk().takeMonitor({ ...told, version: 12, rate: 1, repeats: true });
    desk().ask("source", play(1));
    expect(desk().source).toMatchObject({ rate: 1, repeats: false });
  });

  it("is that of the end of what grows, until anything but a mark is asked for", () => {
    const grows: MonitorView = { ...told, live: "growing" };
    const follows: MonitorView = { ...told, rate: 1, live: "following" };
    expect(moved(grows, { kind: "live" })).toMatchObject({ rate: 1, live: "following" });
    expect(moved(follows, { kind: "markIn", frame: 30 }).live).toBe("following");
    expect(moved(follows, { kind: "live" })).toBe(follows);
    // At the same speed too, and while play waits for more at the end.
    expect(moved(follows, play(1))).toMatchObject({ rate: 1, live: "growing" });
    const waits: MonitorView = { ...follows, rate: 0 };
    expect(moved(waits, { kind: "pause" })).toMatchObject({ rate: 0, live: "growing" });
    expect(moved(follows, { kind: "seek", frame: 3 })).toMatchObject({ rate: 0, live: "growing" });
    // What does not grow has no end to follow.
    expect(moved(told, { kind: "live" }).live).toBe("still");
  });

  it("goes on following when the answer to it does not play yet", () => {
    useDesk.setState(useDesk.getInitialState(), true);
    desk().takeMonitor({ ...told, live: "growing" });
    const settle = desk().ask("source", { kind: "live" });
    settle({ ...told, version: 11, live: "following" });
    expect(desk().source).toMatchObject({ rate: 1, live: "following" });
    const settlePause = desk().ask("source", { kind: "pause" });
    expect(desk().source).toMatchObject({ rate: 0, live: "growing" });
    settlePause({ ...told, version: 12, live: "growing" });
    expect(desk().source).toMatchObject({ rate: 0, live: "growing" });
  });

  it("is not held where nothing can be played", () => {
    begin();
    const settle = desk().ask("source", play(1));
    settle({ ...told, version: 11, state: "slate" });
    expect(desk().source.rate).toBe(0);
  });
});
