import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Transport } from "../generated";
import { FakeMonitor } from "./monitor";

const RATE = { numerator: 25, denominator: 1 };

let monitor: FakeMonitor;

const between = (first: number, end: number, more: { repeat?: boolean; rest?: number } = {}) => {
  const { repeat = false, rest = null } = more;
  const move: Transport = { kind: "playBetween", first, end, repeat, rest };
  monitor.transport(move);
};

const later = (frames: number) => {
  vi.advanceTimersByTime(frames * 40);
  const { frame, rate, repeats } = monitor.view();
  return { frame, rate, repeats };
};

beforeEach(() => {
  vi.useFakeTimers();
  monitor = new FakeMonitor("source", () => {});
  const at = (frame: number) => ({ scene: "meadow", frame, problem: null }) as const;
  const what = { title: "Meadow", flowId: "f", frames: 100, frameRate: RATE };
  monitor.load({ ...what, width: 1280, height: 720, at }, 50);
});

afterEach(() => vi.useRealTimers());

describe("a stretch that the fake plays", () => {
  it("begins anew at its end until something else is asked for", () => {
    between(20, 30, { repeat: true });
    expect(later(0)).toEqual({ frame: 20, rate: 1, repeats: true });
    expect(later(9).frame).toBe(29);
    expect(later(1).frame).toBe(20);
    expect(later(25)).toEqual({ frame: 25, rate: 1, repeats: true });
    monitor.transport({ kind: "play", rate: 1 });
    expect(later(10)).toEqual({ frame: 35, rate: 1, repeats: false });
  });

  it("rests on its last frame, or where it was told to", () => {
    between(20, 30);
    expect(later(9)).toEqual({ frame: 29, rate: 1, repeats: false });
    expect(later(1)).toEqual({ frame: 29, rate: 0, repeats: false });
    between(20, 30, { rest: 24 });
    expect(later(20)).toEqual({ frame: 24, rate: 0, repeats: false });
  });

  it("lies within what there is; nothing is no stretch", () => {
    between(90, 400);
    expect(later(20)).toEqual({ frame: 99, rate: 0, repeats: false });
    between(200, 300);
    between(30, 30);
    expect(later(5)).toEqual({ frame: 99, rate: 0, repeats: false });
  });
});
