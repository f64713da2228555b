/**
 * What is on the screen of each monitor right now. Read-outs follow it by writing into the page
 * themselves, in the very task in which the picture was drawn; React is not asked.
 */

import { useEffect, useLayoutEffect, useRef } from "react";
import type { FrameHeader } from "../../backend/frames";
import type { MonitorName } from "../../backend/generated";
import { setShownFrame } from "../../state/playhead";

/** A picture that was drawn, or the slate that stands for one. */
export type Drawn = Pick<
  FrameHeader,
  "frame" | "exact" | "playing" | "levels" | "width" | "height" | "time" | "taiAhead"
> & {
  /** There is no picture of this frame. */
  readonly slate?: boolean;
};

/** Told of what was drawn; `null` when the screen became empty. */
export type DrawnListener = (drawn: Drawn | null) => void;

/** One screen. */
interface Surface {
  shown: Drawn | null;
  /** The last picture, also while a slate is before it. */
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

/** A slate stands for a frame, until the function that it answers is called. */
export function announceSlate(monitor: MonitorName, frame: number): () => void {
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
    slate: true,
  });
  return () => {
    if (surface.shown?.slate) announce(monitor, surface.picture);
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
    const { listeners } = surfaces[monitor];
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [monitor]);
}
