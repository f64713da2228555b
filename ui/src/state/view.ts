/** How the window is arranged and what is selected. The arrangement is saved in the workspace. */
import { create } from "zustand";
import { backend } from "../backend/backend";
import type { MonitorName } from "../backend/generated";
import { NO_OVERLAYS, type OverlayChoice, savedOverlays } from "./overlays";
import { savedTimes, type TimeShown } from "./timeShown";

export type ViewName = "edit" | "sheets" | "metrics";
export type SidePanel = "inspector" | "metrics" | "jobs" | "outbox" | "lesson";
/** The panel that keys go to. */
export type Focus = "browser" | "source" | "record" | "timeline" | "side";
export type Theme = "dark" | "light";
/** What of the dialog of projects is wanted first. */
export type ProjectsDoor = "list" | "new" | "version";
export type CompileMode = "auto" | "copy" | "smart" | "render";

/** Sizes of the panels in CSS pixels. */
export interface Sizes {
  /** Width of the browser. */
  browser: number;
  /** Height of the monitors. */
  monitors: number;
  /** Width of the source monitor as a share of both, in thousandths. */
  source: number;
  /** Width of the inspector, lesson and jobs. */
  side: number;
  /** Width of the side panels that need the whole height: metrics and outbox. */
  wide: number;
  /** Height of the compile panel. */
  plan: number;
}

/** What of the timeline is seen and how it behaves. */
export interface TimelineView {
  /** Scale; `null` fits everything. */
  pxPerFrame: number | null;
  /** Frame at the left edge. */
  firstFrame: number;
  /** Cuts and trims snap to where nothing has to be encoded. */
  snap: boolean;
  tool: "select" | "split";
}

/** How the next compile is made. */
export interface CompileChoice {
  mode: CompileMode;
  /** Ask for a place with the system's dialog. */
  /** One parameter set in the output, for players that take no other. */
  singleParameterSet: boolean;
  choosePlace: boolean;
}

/** What is saved. */
export interface Layout {
  view: ViewName;
  side: SidePanel | null;
  sizes: Sizes;
  theme: Theme;
  snap: boolean;
  /** Groups of the browser whose sources are not seen. */
  foldedGroups: string[];
  /** What is drawn over the pictures. */
  overlays: Record<MonitorName, OverlayChoice>;
  /** How the times of the monitors are read. */
  times: Record<MonitorName, TimeShown>;
}

export interface ViewState extends Layout {
  compileOpen: boolean;
  focus: Focus;
  /** Which monitor is seen where there is room for one. */
  monitor: MonitorName;
  /** The monitor that fills the window. It makes room for whatever else is to be seen. */
  filled: MonitorName | null;
  /** The monitor whose own window this is; `null` in the main window. */
  alone: MonitorName | null;
  selectedClips: string[];
  selectedSource: string | null;
  selectedFlow: string | null;
  /** The browser's row that the keys are at when it is neither a source nor a flow. */
  selectedHead: string | null;
  /** Sources whose flows are seen. */
  openSources: string[];
  tab: "sequence" | "source";
  timeline: TimelineView;
  compile: CompileChoice;
  paletteOpen: boolean;
  keysOpen: boolean;
  /** The report of the last file is open. */
  verificationOpen: boolean;
  /** The dialog of projects is open, at what was wanted of it. */
  projectsOpen: ProjectsDoor | null;
  /** The marker whose name, note and colour are being changed. */
  markerOpen: string | null;
  /** The compilation that sheets and metrics are about; `null`: the newest. */
  compilation: string | null;
  setView(view: ViewName): void;
  setSide(side: SidePanel | null): void;
  setCompileOpen(open: boolean): void;
  setFocus(focus: Focus): void;
  setFilled(monitor: MonitorName | null): void;
  setOverlays(monitor: MonitorName, change: Partial<OverlayChoice>): void;
  setTime(monitor: MonitorName, time: TimeShown): void;
  setAlone(monitor: MonitorName): void;
  selectClips(ids: string[]): void;
  selectSource(id: string | null): void;
  selectFlow(id: string | null): void;
  selectHead(key: string): void;
  toggleSource(id: string, open?: boolean): void;
  toggleGroup(id: string, open?: boolean): void;
  setTab(tab: "sequence" | "source"): void;
  setTimeline(change: Partial<TimelineView>): void;
  setCompile(change: Partial<CompileChoice>): void;
  setSizes(change: Partial<Sizes>): void;
  setTheme(theme: Theme): void;
  setPalette(open: boolean): void;
  setKeys(open: boolean): void;
  setVerification(open: boolean): void;
  openProjects(door: ProjectsDoor | null): void;
  openMarker(id: string | null): void;
  setCompilation(id: string | null): void;
  /** Takes in what was saved; anything that makes no sense stays as it is. */
  restore(layout: string | null): void;
}

export const DEFAULT_SIZES: Sizes = {
  browser: 304,
  monitors: 432,
  source: 500,
  side: 248,
  wide: 360,
  plan: 300,
};

/** So many groups are remembered as folded, with names of so many characters: a layout is small. */
const MOST_FOLDED = 200;
const LONGEST_NAME = 100;

/** Changes are saved when nothing changed for this long. */
const SAVE_AFTER_MS = 400;

/** Key of a group's header among the rows of the browser. */
export function groupKey(id: string): string {
  return `group:${id}`;
}

export const useView = create<ViewState>()((set, get) => ({
  view: "edit",
  side: "inspector",
  sizes: DEFAULT_SIZES,
  theme: "dark",
  snap: true,
  foldedGroups: [],
  overlays: { source: NO_OVERLAYS, record: NO_OVERLAYS },
  times: { source: "timecode", record: "timecode" },
  compileOpen: false,
  focus: "source",
  monitor: "source",
  filled: null,
  alone: null,
  selectedClips: [],
  selectedSource: null,
  selectedFlow: null,
  selectedHead: null,
  openSources: [],
  tab: "sequence",
  timeline: { pxPerFrame: null, firstFrame: 0, snap: true, tool: "select" },
  compile: { mode: "auto", singleParameterSet: false, choosePlace: false },
  paletteOpen: false,
  keysOpen: false,
  verificationOpen: false,
  projectsOpen: null,
  markerOpen: null,
  compilation: null,

  setView: (view) => set(view === "edit" ? { view } : { view, filled: null }),
  setSide: (side) =>
    set({
      side,
      filled: null,
      ...(side === null && get().focus === "side" && { focus: "timeline" }),
    }),
  setCompileOpen: (compileOpen) =>
    set(compileOpen ? { compileOpen, filled: null } : { compileOpen }),
  setFocus: (focus) =>
    set(
      focus === "source" || focus === "record"
        ? { focus, monitor: focus, filled: get().filled && focus }
        : { focus, filled: null },
    ),
  setFilled: (filled) => set({ filled }),
  setOverlays(monitor, change) {
    const { overlays } = get();
    set({ overlays: { ...overlays, [monitor]: { ...overlays[monitor], ...change } } });
  },
  setTime: (monitor, time) => set({ times: { ...get().times, [monitor]: time } }),
  setAlone: (alone) => set({ alone, focus: alone, monitor: alone }),
  selectClips: (selectedClips) => set({ selectedClips }),
  selectSource: (selectedSource) => set({ selectedSource, selectedHead: null }),
  selectFlow: (selectedFlow) => set({ selectedFlow, selectedHead: null }),
  selectHead: (selectedHead) => set({ selectedHead }),
  toggleSource(id, open) {
    const before = get().openSources;
    const others = before.filter((one) => one !== id);
    const opens = open ?? others.length === before.length;
    set({ openSources: opens ? [...others, id] : others });
  },
  toggleGroup(id, open) {
    const before = get().foldedGroups;
    const others = before.filter((one) => one !== id);
    const opens = open ?? others.length < before.length;
    set({ foldedGroups: opens ? others : [...others, id].slice(-MOST_FOLDED) });
  },
  setTab: (tab) => set({ tab }),
  setTimeline(change) {
    const timeline = { ...get().timeline, ...change };
    set({ timeline, snap: timeline.snap });
  },
  setCompile: (change) => set({ compile: { ...get().compile, ...change } }),
  setSizes: (change) => set({ sizes: { ...get().sizes, ...change } }),
  setTheme: (theme) => set({ theme }),
  setPalette: (paletteOpen) => set({ paletteOpen }),
  setKeys: (keysOpen) => set({ keysOpen }),
  setVerification: (verificationOpen) => set({ verificationOpen }),
  openProjects: (projectsOpen) => set({ projectsOpen }),
  openMarker: (markerOpen) =>
    set(markerOpen === null ? { markerOpen } : { markerOpen, filled: null }),
  setCompilation: (compilation) => set({ compilation }),

  restore(text) {
    const layout = parseLayout(text);
    if (!layout) return;
    const timeline = { ...get().timeline, snap: layout.snap };
    set({ ...layout, timeline });
  },
}));

/** What is saved of a state, as text. */
export function layoutText(state: Layout): string {
  const { view, side, sizes, theme, snap, foldedGroups, overlays, times } = state;
  const layout: Layout = { view, side, sizes, theme, snap, foldedGroups, overlays, times };
  return JSON.stringify(layout);
}

/** A layout that was saved, whatever version wrote it; `null` when it is none. */
export function parseLayout(text: string | null): Layout | null {
  if (text === null) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof raw !== "object" || raw === null) return null;
  const saved = raw as Record<string, unknown>;
  return {
    view: oneOf(saved.view, ["edit", "sheets", "metrics"] as const, "edit"),
    side:
      saved.side === null
        ? null
        : oneOf(
            saved.side,
            ["inspector", "metrics", "jobs", "outbox", "lesson"] as const,
            "inspector",
          ),
    sizes: sizesOf(saved.sizes),
    theme: oneOf(saved.theme, ["dark", "light"] as const, "dark"),
    snap: typeof saved.snap === "boolean" ? saved.snap : true,
    foldedGroups: namesOf(saved.foldedGroups),
    overlays: savedOverlays(saved.overlays),
    times: savedTimes(saved.times),
  };
}

/**
 * Saves the layout through the program, some time after it changed, at the latest when the page
 * goes; answers how to stop, which saves what waits.
 */
export function saveLayout(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let known = layoutText(useView.getState());
  let waiting: string | null = null;
  const save = () => {
    clearTimeout(timer);
    if (waiting === null) return;
    const layout = waiting;
    waiting = null;
    // A layout that can't be kept is no reason to disturb anybody at work.
    backend()
      .call("layout_save", { layout })
      .catch(() => undefined);
  };
  const stop = useView.subscribe((state) => {
    const text = layoutText(state);
    if (text === known) return;
    known = text;
    waiting = text;
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  });
  window.addEventListener("pagehide", save);
  return () => {
    stop();
    window.removeEventListener("pagehide", save);
    save();
  };
}

function oneOf<T extends string>(value: unknown, known: readonly T[], otherwise: T): T {
  return known.find((one) => one === value) ?? otherwise;
}

function namesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const names = value.filter((one) => typeof one === "string" && one.length <= LONGEST_NAME);
  return [...new Set<string>(names)].slice(-MOST_FOLDED);
}

function sizesOf(value: unknown): Sizes {
  const saved =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const sizes = { ...DEFAULT_SIZES };
  for (const name of Object.keys(sizes) as (keyof Sizes)[]) {
    const size = saved[name];
    if (typeof size === "number" && Number.isFinite(size) && size > 0 && size < 10_000) {
      sizes[name] = Math.round(size);
    }
  }
  return sizes;
}
