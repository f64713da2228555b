/** What the actions do, put together from the stores and the program's commands. */
import type { FlowPart, FlowPurpose, MonitorName, Transport } from "../backend/generated";
import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { canLink, lastRelink } from "../state/links";
import { shownFrame } from "../state/playhead";
import { type Focus, groupKey, useView } from "../state/view";
import { runHandler } from "./handlers";
import { faster } from "./transport";

const desk = useDesk.getState;
const view = useView.getState;

/** The monitor that transport keys go to. */
export function targetMonitor(): MonitorName {
  const { alone, focus, view: name } = view();
  if (alone !== null) return alone;
  return name === "edit" && (focus === "record" || focus === "timeline") ? "record" : "source";
}

/** The part of the open flow between the marks; which they are is known when it is open. */
export function markedPart(): FlowPart | null {
  const { flowId, markIn, markOut, state } = desk().source;
  if (flowId === null || state === "empty" || state === "opening") return null;
  return { flowId, markIn, markOut };
}

/** There is something to move in; a slate too can be left. */
export function loaded(): boolean {
  const { state, frames } = desk()[targetMonitor()];
  return state !== "empty" && frames > 0 && view().view === "edit";
}

/** Marks can be set: a picture of what is loaded can be shown. */
export function markable(): boolean {
  return loaded() && desk()[targetMonitor()].state === "ready";
}

/** An edit can be taken back. */
export function canUndo(): boolean {
  return desk().sequence.done > 0;
}

/** An edit that was taken back can be done again. */
export function canRedo(): boolean {
  return desk().sequence.done < desk().sequence.history.length;
}

/** The edit view is on the screen. */
export function editing(): boolean {
  return view().view === "edit" && desk().ready;
}

/** Moves the monitor that has the keys. */
export function move(to: Transport): void {
  void act.transport(targetMonitor(), to);
}

/** Goes to a frame of the monitor that has the keys. */
export function seek(frame: number): void {
  move({ kind: "seek", frame });
}

/** Plays, or plays faster. */
export function play(direction: 1 | -1): void {
  move({ kind: "play", rate: faster(desk()[targetMonitor()].rate, direction) });
}

/** Puts the marked part on the timeline, at the playhead or the end. */
export function place(kind: "append" | "insert" | "overwrite"): void {
  const part = markedPart();
  if (!part) return;
  view().setTab("sequence");
  const at = Math.min(shownFrame("record"), desk().sequence.frames);
  void act.edit(kind === "append" ? { kind, part } : { kind, part, at });
}

/** Removes the selected clips. */
export function removeSelected(): void {
  const clips = view().selectedClips;
  if (clips.length > 0) void act.edit({ kind: "remove", clips });
}

/** Opens or closes the compile panel. */
export function openPlan(open: boolean): void {
  view().setView("edit");
  view().setCompileOpen(open);
  if (open) void act.call("plan_seen", {});
}

/** Opens the plan first, so that it is seen before anything runs; then compiles. */
export function compile(): void {
  if (!view().compileOpen || view().view !== "edit") {
    openPlan(true);
    return;
  }
  // The panel says why there is no plan; a refusal would only say it again.
  if (desk().plan.kind === "failed") return;
  void act.call("compile_start", { ...view().compile });
}

/** A compile runs or waits. */
export function compiling(): boolean {
  return desk().jobs.some(
    ({ kind, state }) =>
      kind === "compile" && (state.kind === "running" || state.kind === "queued"),
  );
}

/** The last compile made a file, whose report can be read. */
export function reported(): boolean {
  const state = desk().jobs.find(({ kind }) => kind === "compile")?.state;
  return state?.kind === "done" && state.result.kind === "compiled";
}

/** Some clip is cut from another flow than the one for this purpose, and none is being linked. */
export function linkable(purpose: FlowPurpose): boolean {
  const { jobs, sequence, sources } = desk();
  return lastRelink(jobs).kind !== "running" && canLink(sequence.clips, sources, purpose);
}

/** Links clips to the flows of their sources for this purpose; all clips when none is named. */
export function relink(clips: string[], purpose: FlowPurpose): void {
  void act.call("sequence_relink", { clips, purpose });
}

/** There are TAMS servers to ask. */
export function connected(): boolean {
  return (desk().workspace?.connections.length ?? 0) > 0;
}

/** Goes to a TAMS server in the browser; what the search hides is seen again. */
export function showConnection(name: string): void {
  runHandler("search.clear");
  view().setView("edit");
  view().selectHead(groupKey(name));
  focusPanel("browser");
}

/** Lets a monitor's own window fill its screen, or no longer. */
export function fullScreen(): void {
  const { alone } = view();
  if (alone !== null) void act.call("monitor_window", { monitor: alone, deed: "fullScreen" });
}

/**
 * Whether the page fills its screen. Nobody tells it; but a window that is only large leaves room for its
 * own title. A pixel may be lost where the system scales.
 */
export function fillsScreen(page: Pick<Window, "innerWidth" | "innerHeight" | "screen">): boolean {
  const { innerWidth, innerHeight, screen } = page;
  return Math.abs(innerHeight - screen.height) <= 1 && Math.abs(innerWidth - screen.width) <= 1;
}

/** Closes what lies on top; else gives the keys back to the timeline. A monitor's own window has nothing
 * to step out of but the whole screen. */
export function stepOut(): void {
  const now = view();
  if (now.alone !== null) {
    if (fillsScreen(window)) fullScreen();
  } else if (now.paletteOpen) now.setPalette(false);
  else if (now.keysOpen) now.setKeys(false);
  else if (now.projectsOpen !== null) now.openProjects(null);
  else if (now.verificationOpen) now.setVerification(false);
  else if (now.markerOpen !== null) now.openMarker(null);
  else if (now.filled !== null) now.setFilled(null);
  else if (now.compileOpen) now.setCompileOpen(false);
  else if (now.selectedClips.length > 0) now.selectClips([]);
  else focusPanel("timeline");
}

/** Gives a panel the keys, and the focus of the page where it is on the screen: to what in it has
 * a use for keys, else to the panel itself. */
export function focusPanel(focus: Focus): void {
  view().setFocus(focus);
  if (takeFocus(focus)) return;
  // A monitor that was hidden is on the screen only after the next drawing.
  requestAnimationFrame(() => {
    if (view().focus === focus) takeFocus(focus);
  });
}

function takeFocus(focus: Focus): boolean {
  const panel = document.querySelector<HTMLElement>(`[data-panel="${focus}"]`);
  const inside = panel?.querySelector<HTMLElement>("[data-takes-focus]");
  (inside ?? panel)?.focus({ preventScroll: true });
  return panel !== null;
}

/** Gives the keys to the next panel, or the one before. */
export function cyclePanels(by: 1 | -1): void {
  const panels: Focus[] = ["browser", "source", "record", "timeline"];
  if (view().side !== null) panels.push("side");
  const at = panels.indexOf(view().focus);
  const next = panels[(at + by + panels.length) % panels.length];
  if (next) focusPanel(next);
}
