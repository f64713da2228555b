import { describe, expect, it } from "vitest";
import { DEFAULT_SIZES } from "../state/view";
import { arrange, clampSize, limits } from "./layout";

const reference = { width: 1600, height: 1000 };
const smallest = { width: 1280, height: 800 };

describe("sizes", () => {
  it("are those of the reference window", () => {
    const now = arrange(DEFAULT_SIZES, "inspector", reference);
    expect(now).toMatchObject({ browser: 304, monitors: 432, side: 248, oneMonitor: false });
    expect(1000 - 44 - 28 - now.monitors).toBe(496);
  });

  it("move in steps of 4 inside their limits", () => {
    expect(clampSize("browser", 310.4, reference)).toBe(312);
    expect(clampSize("browser", 10, reference)).toBe(240);
    expect(clampSize("browser", 9_999, reference)).toBe(480);
  });

  it("leave the timeline its least height, however small the window", () => {
    for (const height of [800, 900, 1000, 2160]) {
      const window = { width: 1280, height };
      const monitors = clampSize("monitors", 5_000, window);
      const timeline = height - 72 - monitors;
      expect(timeline).toBeGreaterThanOrEqual(240);
      expect(height - 72 - clampSize("monitors", 0, window)).toBeLessThanOrEqual(720);
    }
  });

  it("never have a least above the most", () => {
    for (const name of Object.keys(DEFAULT_SIZES) as (keyof typeof DEFAULT_SIZES)[]) {
      for (const window of [smallest, reference, { width: 640, height: 480 }]) {
        const { min, max } = limits(name, window);
        expect(max).toBeGreaterThanOrEqual(min);
      }
    }
  });
});

describe("a small window", () => {
  it("shows one monitor", () => {
    expect(arrange(DEFAULT_SIZES, null, smallest)).toMatchObject({ oneMonitor: true, side: 0 });
  });
});

describe("the side panel", () => {
  it("is wide and high where it needs to be", () => {
    expect(arrange(DEFAULT_SIZES, "outbox", reference)).toMatchObject({
      side: 360,
      tallSide: true,
    });
    expect(arrange(DEFAULT_SIZES, "lesson", reference)).toMatchObject({
      side: 248,
      tallSide: false,
    });
  });
});
