/** Sizes of the window's regions: what fits, and what a splitter does. Pure. */
import { DEFAULT_SIZES, type SidePanel, type Sizes } from "../state/view";

/** Heights that never change, and the gutter between panels. */
export const APP_BAR = 44;
export const STATUS_BAR = 28;
export const GUTTER = 4;
/** Narrower windows show one monitor at a time. */
export const ONE_MONITOR_BELOW = 1440;
/** Splitters move in steps. */
export const STEP = 4;

const MONITORS_MIN = 280;
const TIMELINE_MIN = 240;
const TIMELINE_MAX = 720;

/** The window's inside, in CSS pixels. */
export interface WindowSize {
  width: number;
  height: number;
}

export type SplitterName = keyof Sizes;

/** What the page needs to know to place everything. */
export interface Arrangement {
  browser: number;
  monitors: number;
  /** Width of the source monitor as a share of both, in thousandths. */
  source: number;
  /** Width of the side panel; 0 when there is none. */
  side: number;
  plan: number;
  /** The side panel reaches down to the status bar. */
  tallSide: boolean;
  oneMonitor: boolean;
}

/** The side panels that need the whole height. */
export function isTall(side: SidePanel | null): boolean {
  return side === "metrics" || side === "outbox" || side === "jobs";
}

/** Which size a side panel uses. */
export function sideSize(side: SidePanel | null): "side" | "wide" {
  return isTall(side) ? "wide" : "side";
}

/** The least and the most a splitter allows in a window. */
export function limits(name: SplitterName, { height }: WindowSize): { min: number; max: number } {
  const inside = height - APP_BAR - STATUS_BAR;
  switch (name) {
    case "browser":
      return { min: 240, max: 480 };
    case "side":
      return { min: 220, max: 420 };
    case "wide":
      return { min: 320, max: 520 };
    case "source":
      return { min: 300, max: 700 };
    case "monitors": {
      const min = Math.max(MONITORS_MIN, inside - TIMELINE_MAX);
      return { min, max: Math.max(min, inside - TIMELINE_MIN) };
    }
    case "plan":
      return { min: 200, max: Math.max(200, inside - MONITORS_MIN - 140) };
  }
}

/** A size a splitter may have: in steps, inside its limits. */
export function clampSize(name: SplitterName, size: number, window: WindowSize): number {
  const { min, max } = limits(name, window);
  return Math.min(max, Math.max(min, Math.round(size / STEP) * STEP));
}

/** The sizes that a window really gets. */
export function arrange(sizes: Sizes, side: SidePanel | null, window: WindowSize): Arrangement {
  const fitted = (name: SplitterName) => clampSize(name, sizes[name], window);
  return {
    browser: fitted("browser"),
    monitors: fitted("monitors"),
    source: fitted("source"),
    side: side === null ? 0 : fitted(sideSize(side)),
    plan: fitted("plan"),
    tallSide: isTall(side),
    oneMonitor: window.width < ONE_MONITOR_BELOW,
  };
}

/** What a double click gives a splitter back. */
export function defaultSize(name: SplitterName): number {
  return DEFAULT_SIZES[name];
}
