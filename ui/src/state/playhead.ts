/**
 * The frame each monitor has drawn last. Outside the stores and React: it changes with every
 * picture, and what follows it (playhead, read-outs) moves without rendering anything anew.
 */
import type { MonitorName } from "../backend/generated";
import type { Moment } from "../time/flowTime";

type Follower = (frame: number) => void;

const shown: Record<MonitorName, number> = { source: 0, record: 0 };
const followers: Record<MonitorName, Set<Follower>> = { source: new Set(), record: new Set() };

const moments: Record<MonitorName, Moment | null> = { source: null, record: null };

/** When its flow has what a monitor shows; `null` when it shows nothing. */
export function shownMoment(monitor: MonitorName): Moment | null {
  return moments[monitor];
}

/** Called by a monitor in the task that drew the picture, or that emptied the screen. */
export function setShownMoment(monitor: MonitorName, moment: Moment | null): void {
  moments[monitor] = moment;
}

/** The frame that a monitor shows. */
export function shownFrame(monitor: MonitorName): number {
  return shown[monitor];
}

/** Called by a monitor in the task that drew the picture. */
export function setShownFrame(monitor: MonitorName, frame: number): void {
  if (shown[monitor] === frame) return;
  shown[monitor] = frame;
  for (const follow of followers[monitor]) follow(frame);
}

/** Calls `follow` now and at every change, until the function that it answers is called. */
export function followFrame(monitor: MonitorName, follow: Follower): () => void {
  followers[monitor].add(follow);
  follow(shown[monitor]);
  return () => followers[monitor].delete(follow);
}
