/** The actions on what a monitor plays and how its picture is seen; a part of the list of all. */

import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { shownFrame, shownMoment } from "../state/playhead";
import { nextTime } from "../state/timeShown";
import { useView } from "../state/view";
import { noDate } from "../time/flowTime";
import type { Action } from "./actions";
import { editing, focusPanel, fullScreen, loaded, move, targetMonitor } from "./deeds";
import { around, inToOut, loopOf, type Stretch } from "./stretch";

const view = useView.getState;

export const STRETCH_ACTIONS: readonly Action[] = [
  {
    id: "play.between",
    group: "Play",
    title: "Play in to out",
    keys: ["Shift+Space"],
    when: () => loaded() && inToOut(target()) !== null,
    run: () => playPart(inToOut(target())),
  },
  {
    id: "play.loop",
    group: "Play",
    title: "Loop in to out",
    keys: ["Ctrl+Shift+Space"],
    when: () => loaded() && (target().repeats || loopHere() !== null),
    run: () => {
      if (target().repeats) move({ kind: "play", rate: 1 });
      else playPart(loopHere());
    },
  },
  {
    id: "play.around",
    group: "Play",
    title: "Play around the playhead",
    keys: ["Shift+K"],
    when: loaded,
    run: () => playPart(around(target(), shownFrame(targetMonitor()))),
  },
  {
    id: "play.live",
    group: "Play",
    title: "Live: follow the end of a recording",
    keys: ["Shift+L"],
    when: () => loaded() && target().live !== "still",
    run: () => move({ kind: target().live === "following" ? "pause" : "live" }),
  },
];

export const JOG_ACTIONS: readonly Action[] = [jog("back", "J", -1), jog("on", "L", 1)];

export const PICTURE_ACTIONS: readonly Action[] = [
  {
    id: "monitor.fill",
    group: "Window",
    title: "Fill the window with the monitor",
    keys: ["Shift+F"],
    when: editing,
    run: fillWindow,
  },
  {
    id: "monitor.screen",
    group: "Window",
    title: "Fill the screen with a monitor's own window",
    keys: ["F11"],
    // The main window is the size that the system gave it.
    when: () => editing() && view().alone !== null,
    run: fullScreen,
  },
  {
    id: "monitor.window",
    group: "Window",
    title: "Own window for the monitor, or back",
    keys: ["Alt+W"],
    when: editing,
    run: moveWindow,
  },
  {
    id: "monitor.time",
    group: "Window",
    title: "Time as timecode, frames, TAMS time or date",
    keys: ["Shift+T"],
    when: loaded,
    run: () => {
      const monitor = targetMonitor();
      const hasDate = noDate(shownMoment(monitor)) === null;
      view().setTime(monitor, nextTime(view().times[monitor], hasDate));
    },
  },
  overlay("safe", "Safe areas on or off"),
  overlay("burnIn", "Timecode in the picture on or off"),
];

/** What the monitor that has the keys shows. */
function target() {
  return useDesk.getState()[targetMonitor()];
}

function loopHere(): Stretch | null {
  const monitor = targetMonitor();
  const clips = monitor === "record" ? useDesk.getState().sequence.clips : [];
  return loopOf(target(), shownFrame(monitor), clips);
}

function playPart(part: Stretch | null): void {
  if (part) move(part);
}

function jog(way: "back" | "on", key: string, frames: number): Action {
  return {
    id: `jog.${way}`,
    group: "Play",
    title: way === "back" ? "Jog back" : "Jog on",
    keys: [`K+${key}`],
    repeats: true,
    when: loaded,
    run: () => move({ kind: "step", frames }),
  };
}

/** Gives the monitor that has the keys a window of its own, or brings it back. */
function moveWindow(): void {
  const monitor = targetMonitor();
  const isOut = useDesk.getState().detached.includes(monitor) || view().alone === monitor;
  void act.call("monitor_window", { monitor, deed: isOut ? "attach" : "detach" });
}

/**
 * Gives the monitor that has the keys the whole window, or the window back to all panels; a window of its own
 * gets the whole screen.
 */
function fillWindow(): void {
  if (view().alone !== null) {
    fullScreen();
    return;
  }
  if (view().filled !== null) {
    view().setFilled(null);
    return;
  }
  const monitor = targetMonitor();
  view().setFilled(monitor);
  focusPanel(monitor);
}

function overlay(name: "safe" | "burnIn", title: string): Action {
  return {
    id: `overlay.${name}`,
    group: "Window",
    title,
    keys: [],
    when: editing,
    run: () => {
      const monitor = targetMonitor();
      view().setOverlays(monitor, { [name]: !view().overlays[monitor][name] });
    },
  };
}
