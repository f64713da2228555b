/**
 * What is on the screen of each monitor right now. Read-outs follow it by writing into the page
 * themselves, in the very task in which the picture was drawn; React is not asked.
 */

import { useCallback, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import type { FrameHeader } from "../../backend/frames";
import type { MonitorName } from "../../backend/generated";
import { setShownFrame, setShownMoment } from "../../state/playhead";

/** A picture that was drawn, or what stands for one. */
export type Drawn = Pick<
  FrameHeader,
  "frame" | "exact" | "playing" | "levels" | "width" | "height" | "time" | "taiAhead"
> & {
  /** Why there is no picture of this frame here: none can be had, or it is in another window. */
  readonly standIn?: StandIn;
};

export type StandIn = "slate" | "away";

/** Told of what was drawn; `null` when the screen became empty. */
export type DrawnListener = (drawn: Drawn | null) => void;

/** One screen. */
interface Surface {
  shown: Drawn | null;
  /** The last picture, also while something stands for another one. */
  picture: Drawn | null;
  readonly listeners: Set<DrawnListener>;
}

const surfaces: Record<MonitorName, Surface> = {
  source: { shown: null, picture: null, listeners: new Set() },
  record: { shown: null, picture: null, listeners: new Set() },
};

/** A picture is on the screen. */
export function announcePicture(monitor: MonitorName, header: FrameHeader): void {
  surfaces[monitor].picture = header;
  announce(monitor, header);
}

/** Something stands for a frame, until the function that it answers is called. */
export function announceStandIn(monitor: MonitorName, frame: number, standIn: StandIn): () => void {
  const surface = surfaces[monitor];
  const { width, height } = surface.picture ?? { width: 16, height: 9 };
  announce(monitor, {
    frame,
    width,
    height,
    exact: true,
    playing: false,
    levels: [null, null],
    time: null,
    taiAhead: null,
    standIn,
  });
  return () => {
    if (surface.shown?.standIn) announce(monitor, surface.picture);
  };
}

/** Nothing is on the screen; the playhead goes to the start. */
export function announceEmpty(monitor: MonitorName): void {
  forgetDrawn(monitor);
  setShownFrame(monitor, 0);
}

/** The screen itself is gone; the playhead stays where it is. */
export function forgetDrawn(monitor: MonitorName): void {
  surfaces[monitor].picture = null;
  announce(monitor, null);
}

function announce(monitor: MonitorName, drawn: Drawn | null): void {
  const surface = surfaces[monitor];
  surface.shown = drawn;
  if (drawn) setShownFrame(monitor, drawn.frame);
  setShownMoment(monitor, drawn);
  for (const listener of surface.listeners) listener(drawn);
}

/** Calls `show` for all that is drawn, and again after each rendering. */
export function useDrawn(monitor: MonitorName, show: DrawnListener): void {
  const current = useRef(show);
  useLayoutEffect(() => {
    current.current = show;
    show(surfaces[monitor].shown);
  });
  useEffect(() => {
    const listener: DrawnListener = (drawn) => current.current(drawn);
    // What was drawn between the rendering and now.
    listener(surfaces[monitor].shown);
    return listen(monitor, listener);
  }, [monitor]);
}

/** Something of what is drawn, for what changes seldom: React is asked only when it does. */
export function useOfDrawn<T extends string | number | null>(
  monitor: MonitorName,
  of: (drawn: Drawn | null) => T,
): T {
  const subscribe = useCallback((changed: () => void) => listen(monitor, changed), [monitor]);
  return useSyncExternalStore(subscribe, () => of(surfaces[monitor].shown));
}

function listen(monitor: MonitorName, listener: DrawnListener): () => void {
  const { listeners } = surfaces[monitor];
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
