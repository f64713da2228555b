/**
 * Every deed of the window, once: keys, buttons, the command palette and the key help all read
 * this list.
 */
import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { shownFrame } from "../state/playhead";
import { type Focus, type SidePanel, useView } from "../state/view";
import {
  canRedo,
  canUndo,
  compile,
  compiling,
  connected,
  cyclePanels,
  editing,
  focusPanel,
  linkable,
  loaded,
  markable,
  markedPart,
  move,
  openPlan,
  place,
  play,
  relink,
  removeSelected,
  reported,
  seek,
  stepOut,
  targetMonitor,
} from "./deeds";
import { hasHandler, runHandler } from "./handlers";
import { JOG_ACTIONS, PICTURE_ACTIONS, STRETCH_ACTIONS } from "./monitorActions";
import { PROJECT_ACTIONS } from "./projectActions";
import { DISSOLVE_ACTIONS, MARKER_ACTIONS } from "./sequenceActions";
import { editPointAfter, editPointBefore } from "./transport";

export type ActionGroup = "Play" | "Mark" | "Cut" | "Timeline" | "Compile" | "Window";

export interface Action {
  id: ActionId;
  group: ActionGroup;
  title: string;
  /** Strokes as `strokeText` writes them; the first is the one shown. */
  keys: readonly string[];
  /** Panels whose focus lets the keys through; all when absent. */
  focus?: readonly Focus[];
  /** Done again and again while the key is held; else once. */
  repeats?: true;
  /** Whether it can be done now. */
  when(): boolean;
  run(): void;
}

export type ActionId =
  | "play.toggle"
  | "play.back"
  | "play.stop"
  | "play.on"
  | "play.between"
  | "play.loop"
  | "play.around"
  | "play.live"
  | "step.back"
  | "step.on"
  | "step.back10"
  | "step.on10"
  | "jog.back"
  | "jog.on"
  | "go.start"
  | "go.end"
  | "go.before"
  | "go.after"
  | "mark.in"
  | "mark.out"
  | "mark.clear"
  | "go.in"
  | "go.out"
  | "marker.add"
  | "marker.next"
  | "marker.previous"
  | "marker.remove"
  | "cut.append"
  | "cut.insert"
  | "cut.overwrite"
  | "cut.split"
  | "cut.remove"
  | "edit.dissolve"
  | "edit.dissolve.remove"
  | "cut.undo"
  | "cut.redo"
  | "clips.all"
  | "clips.none"
  | "clips.before"
  | "clips.after"
  | "timeline.snap"
  | "timeline.fit"
  | "timeline.zoomIn"
  | "timeline.zoomOut"
  | "plan.toggle"
  | "plan.compile"
  | "verification.open"
  | "link.best"
  | "link.preview"
  | "projects.open"
  | "projects.new"
  | "projects.version"
  | "projects.export"
  | "projects.import"
  | "ingest.choose"
  | "search.focus"
  | "connections.refresh"
  | "view.edit"
  | "view.sheets"
  | "view.metrics"
  | "side.toggle"
  | "side.inspector"
  | "side.metrics"
  | "side.jobs"
  | "side.outbox"
  | "side.lesson"
  | "monitor.toggle"
  | "monitor.fill"
  | "monitor.screen"
  | "monitor.window"
  | "monitor.time"
  | "overlay.safe"
  | "overlay.burnIn"
  | "focus.next"
  | "focus.before"
  | "palette.open"
  | "keys.open"
  | "theme.toggle"
  | "escape";

const FRAMES: readonly Focus[] = ["source", "record", "timeline"];
const desk = useDesk.getState;
const view = useView.getState;
const always = () => true;

function side(panel: SidePanel, title: string, when: () => boolean = always): Action {
  return {
    id: `side.${panel}`,
    group: "Window",
    title,
    keys: [],
    when,
    run: () => {
      view().setView("edit");
      view().setSide(panel);
    },
  };
}

/** In the order of the key help. */
export const ACTIONS: readonly Action[] = [
  {
    id: "play.toggle",
    group: "Play",
    title: "Play or pause",
    keys: ["Space"],
    when: loaded,
    run: () =>
      move(desk()[targetMonitor()].rate === 0 ? { kind: "play", rate: 1 } : { kind: "pause" }),
  },
  {
    id: "play.back",
    group: "Play",
    title: "Play backwards",
    keys: ["J"],
    when: loaded,
    run: () => play(-1),
  },
  {
    id: "play.stop",
    group: "Play",
    title: "Pause",
    keys: ["K"],
    when: loaded,
    run: () => move({ kind: "pause" }),
  },
  {
    id: "play.on",
    group: "Play",
    title: "Play forwards",
    keys: ["L"],
    when: loaded,
    run: () => play(1),
  },
  ...STRETCH_ACTIONS,
  {
    id: "step.back",
    group: "Play",
    title: "Step back",
    keys: ["ArrowLeft"],
    focus: FRAMES,
    repeats: true,
    when: loaded,
    run: () => move({ kind: "step", frames: -1 }),
  },
  {
    id: "step.on",
    group: "Play",
    title: "Step on",
    keys: ["ArrowRight"],
    focus: FRAMES,
    repeats: true,
    when: loaded,
    run: () => move({ kind: "step", frames: 1 }),
  },
  {
    id: "step.back10",
    group: "Play",
    title: "Step back 10 frames",
    keys: ["Shift+ArrowLeft"],
    focus: FRAMES,
    repeats: true,
    when: loaded,
    run: () => move({ kind: "step", frames: -10 }),
  },
  {
    id: "step.on10",
    group: "Play",
    title: "Step on 10 frames",
    keys: ["Shift+ArrowRight"],
    focus: FRAMES,
    repeats: true,
    when: loaded,
    run: () => move({ kind: "step", frames: 10 }),
  },
  ...JOG_ACTIONS,
  {
    id: "go.start",
    group: "Play",
    title: "Go to the start",
    keys: ["Home"],
    focus: FRAMES,
    when: loaded,
    run: () => seek(0),
  },
  {
    id: "go.end",
    group: "Play",
    title: "Go to the end",
    keys: ["End"],
    focus: FRAMES,
    when: loaded,
    run: () => seek(Math.max(0, desk()[targetMonitor()].frames - 1)),
  },
  {
    id: "go.before",
    group: "Play",
    title: "Go to the edit point before",
    keys: ["ArrowUp"],
    focus: ["record", "timeline"],
    repeats: true,
    when: loaded,
    run: () => seek(editPointBefore(desk().sequence, shownFrame("record"))),
  },
  {
    id: "go.after",
    group: "Play",
    title: "Go to the next edit point",
    keys: ["ArrowDown"],
    focus: ["record", "timeline"],
    repeats: true,
    when: loaded,
    run: () => seek(editPointAfter(desk().sequence, shownFrame("record"))),
  },
  {
    id: "mark.in",
    group: "Mark",
    title: "Mark in",
    keys: ["I"],
    when: markable,
    run: () => move({ kind: "markIn", frame: shownFrame(targetMonitor()) }),
  },
  {
    id: "mark.out",
    group: "Mark",
    title: "Mark out",
    keys: ["O"],
    when: markable,
    run: () => move({ kind: "markOut", frame: shownFrame(targetMonitor()) + 1 }),
  },
  {
    id: "mark.clear",
    group: "Mark",
    title: "Clear the marks",
    keys: ["Alt+X"],
    when: markable,
    run: () => {
      move({ kind: "markIn", frame: null });
      move({ kind: "markOut", frame: null });
    },
  },
  {
    id: "go.in",
    group: "Mark",
    title: "Go to mark in",
    keys: ["Shift+I"],
    when: () => loaded() && desk()[targetMonitor()].markIn !== null,
    run: () => seek(desk()[targetMonitor()].markIn ?? 0),
  },
  {
    id: "go.out",
    group: "Mark",
    title: "Go to mark out",
    keys: ["Shift+O"],
    when: () => loaded() && desk()[targetMonitor()].markOut !== null,
    run: () => seek(Math.max(0, (desk()[targetMonitor()].markOut ?? 1) - 1)),
  },
  ...MARKER_ACTIONS,
  {
    id: "cut.append",
    group: "Cut",
    title: "Append",
    keys: ["A"],
    when: () => editing() && markedPart() !== null,
    run: () => place("append"),
  },
  {
    id: "cut.insert",
    group: "Cut",
    title: "Insert at the playhead",
    keys: ["V"],
    when: () => editing() && markedPart() !== null,
    run: () => place("insert"),
  },
  {
    id: "cut.overwrite",
    group: "Cut",
    title: "Overwrite at the playhead",
    keys: ["B"],
    when: () => editing() && markedPart() !== null,
    run: () => place("overwrite"),
  },
  {
    id: "cut.split",
    group: "Cut",
    title: "Split at the playhead",
    keys: ["S"],
    when: () => editing() && desk().sequence.clips.length > 0,
    run: () => void act.edit({ kind: "split", at: shownFrame("record") }),
  },
  {
    id: "cut.remove",
    group: "Cut",
    title: "Remove the selected clips",
    keys: ["Delete", "Backspace"],
    when: () => editing() && view().selectedClips.length > 0,
    run: removeSelected,
  },
  ...DISSOLVE_ACTIONS,
  {
    id: "cut.undo",
    group: "Cut",
    title: "Undo",
    keys: ["Ctrl+Z"],
    repeats: true,
    when: () => editing() && canUndo(),
    run: () => void act.edit({ kind: "undo" }),
  },
  {
    id: "cut.redo",
    group: "Cut",
    title: "Redo",
    keys: ["Ctrl+Shift+Z", "Ctrl+Y"],
    repeats: true,
    when: () => editing() && canRedo(),
    run: () => void act.edit({ kind: "redo" }),
  },
  {
    id: "clips.all",
    group: "Timeline",
    title: "Select all clips",
    keys: ["Ctrl+A"],
    when: () => editing() && desk().sequence.clips.length > 0,
    run: () => view().selectClips(desk().sequence.clips.map((clip) => clip.id)),
  },
  {
    id: "clips.none",
    group: "Timeline",
    title: "Select no clip",
    keys: ["Ctrl+Shift+A"],
    when: () => view().selectedClips.length > 0,
    run: () => view().selectClips([]),
  },
  {
    id: "clips.before",
    group: "Timeline",
    title: "Select the clip before",
    keys: ["Alt+ArrowLeft"],
    focus: ["timeline"],
    repeats: true,
    when: () => hasHandler("clips.before"),
    run: () => runHandler("clips.before"),
  },
  {
    id: "clips.after",
    group: "Timeline",
    title: "Select the next clip",
    keys: ["Alt+ArrowRight"],
    focus: ["timeline"],
    repeats: true,
    when: () => hasHandler("clips.after"),
    run: () => runHandler("clips.after"),
  },
  {
    id: "timeline.snap",
    group: "Timeline",
    title: "Lossless snap on or off",
    keys: ["N"],
    when: editing,
    run: () => view().setTimeline({ snap: !view().timeline.snap }),
  },
  {
    id: "timeline.fit",
    group: "Timeline",
    title: "Fit the sequence",
    keys: ["0"],
    when: () => hasHandler("timeline.fit"),
    run: () => runHandler("timeline.fit"),
  },
  {
    id: "timeline.zoomIn",
    group: "Timeline",
    title: "Zoom in",
    keys: ["+", "="],
    repeats: true,
    when: () => hasHandler("timeline.zoomIn"),
    run: () => runHandler("timeline.zoomIn"),
  },
  {
    id: "timeline.zoomOut",
    group: "Timeline",
    title: "Zoom out",
    keys: ["-"],
    repeats: true,
    when: () => hasHandler("timeline.zoomOut"),
    run: () => runHandler("timeline.zoomOut"),
  },
  {
    id: "plan.toggle",
    group: "Compile",
    title: "Read the cut plan",
    keys: ["P"],
    when: () => desk().ready,
    run: () => openPlan(!(view().compileOpen && view().view === "edit")),
  },
  {
    id: "plan.compile",
    group: "Compile",
    title: "Compile",
    keys: ["Ctrl+Enter"],
    when: () => desk().sequence.clips.length > 0 && !compiling(),
    run: compile,
  },
  {
    id: "verification.open",
    group: "Compile",
    title: "All checks of the file",
    keys: [],
    when: reported,
    run: () => view().setVerification(true),
  },
  {
    id: "link.best",
    group: "Compile",
    title: "Use the best flows",
    keys: [],
    when: () => editing() && linkable("best"),
    run: () => relink([], "best"),
  },
  {
    id: "link.preview",
    group: "Compile",
    title: "Use the preview flows",
    keys: [],
    when: () => editing() && linkable("preview"),
    run: () => relink([], "preview"),
  },
  ...PROJECT_ACTIONS,
  {
    id: "ingest.choose",
    group: "Window",
    title: "Add your own footage",
    keys: ["Ctrl+I"],
    when: () => desk().ready,
    run: () => void act.call("ingest_choose", {}),
  },
  {
    id: "search.focus",
    group: "Window",
    title: "Search sources",
    keys: ["/"],
    when: () => hasHandler("search.focus"),
    run: () => runHandler("search.focus"),
  },
  {
    id: "connections.refresh",
    group: "Window",
    title: "Ask the TAMS servers again",
    keys: ["F5"],
    when: connected,
    run: () => void act.call("connection_refresh", { name: null }),
  },
  {
    id: "view.edit",
    group: "Window",
    title: "Edit",
    keys: ["Ctrl+1"],
    when: always,
    run: () => view().setView("edit"),
  },
  {
    id: "view.sheets",
    group: "Window",
    title: "Sheets",
    keys: ["Ctrl+2"],
    when: always,
    run: () => view().setView("sheets"),
  },
  {
    id: "view.metrics",
    group: "Window",
    title: "Metrics",
    keys: ["Ctrl+3"],
    when: always,
    run: () => view().setView("metrics"),
  },
  {
    id: "side.toggle",
    group: "Window",
    title: "Side panel",
    keys: ["Ctrl+B"],
    when: always,
    run: () => view().setSide(view().side === null ? "inspector" : null),
  },
  side("inspector", "Inspector"),
  side("metrics", "Metrics beside the cut"),
  side("jobs", "Jobs"),
  side("outbox", "Outbox"),
  side("lesson", "Your first cut", () => desk().lesson !== null),
  {
    id: "monitor.toggle",
    group: "Window",
    title: "Other monitor",
    keys: ["`"],
    when: editing,
    run: () => focusPanel(view().monitor === "source" ? "record" : "source"),
  },
  ...PICTURE_ACTIONS,
  {
    id: "focus.next",
    group: "Window",
    title: "Next panel",
    keys: ["F6"],
    when: always,
    run: () => cyclePanels(1),
  },
  {
    id: "focus.before",
    group: "Window",
    title: "Panel before",
    keys: ["Shift+F6"],
    when: always,
    run: () => cyclePanels(-1),
  },
  {
    id: "palette.open",
    group: "Window",
    title: "Commands",
    keys: ["Ctrl+K"],
    when: always,
    run: () => view().setPalette(true),
  },
  {
    id: "keys.open",
    group: "Window",
    title: "All keys",
    keys: ["?"],
    when: always,
    run: () => view().setKeys(true),
  },
  {
    id: "theme.toggle",
    group: "Window",
    title: "Light or dark",
    keys: [],
    when: always,
    run: () => view().setTheme(view().theme === "dark" ? "light" : "dark"),
  },
  {
    id: "escape",
    group: "Window",
    title: "Step out",
    keys: ["Escape"],
    when: always,
    run: stepOut,
  },
];

const BY_ID = new Map<ActionId, Action>(ACTIONS.map((action) => [action.id, action]));

/** The action of that name. */
export function action(id: ActionId): Action {
  const found = BY_ID.get(id);
  if (!found) throw new Error(`no action ${id}`);
  return found;
}

/** Does it if it can be done now; whether it could. */
export function perform(id: ActionId): boolean {
  const found = action(id);
  if (!found.when()) return false;
  found.run();
  return true;
}
