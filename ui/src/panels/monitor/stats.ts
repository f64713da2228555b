/** How well pictures reach the screen: what the truth line says, a few times a second at most. */

import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { FrameState, PictureFormat } from "../../backend/backend";
import type { FrameHeader } from "../../backend/frames";
import type { MonitorName } from "../../backend/generated";
import { drawnFps, isStalled, NO_TALLY, type Tally, tally } from "./tally";

/** The numbers of one monitor. */
export interface MonitorStats {
  /** The format that is drawn; `null` before the first picture. */
  readonly format: PictureFormat | null;
  /** How pictures travel. */
  readonly way: FrameState;
  /** Pictures a second that reached the screen; `null` when it can't be said. */
  readonly fps: number | null;
  /** Frames that never reached the screen since play began. */
  readonly lost: number;
  /** Playing, but pictures are overdue. */
  readonly stalled: boolean;
  /** Of the picture on the screen. */
  readonly generation: number | null;
}

const EMPTY: MonitorStats = {
  format: null,
  way: "closed",
  fps: null,
  lost: 0,
  stalled: false,
  generation: null,
};

const TICK = 500;

/** Counts the pictures of one monitor. */
export interface StatsKeeper {
  drew(header: FrameHeader, rate: number): void;
  travels(way: FrameState): void;
  close(): void;
}

const stores: Record<MonitorName, StoreApi<MonitorStats>> = {
  source: createStore(() => EMPTY),
  record: createStore(() => EMPTY),
};

/** The numbers of a monitor. */
export function useMonitorStats(monitor: MonitorName): MonitorStats {
  return useStore(stores[monitor]);
}

/** Starts to count for a monitor; `now` is a steady clock in milliseconds. */
export function keepStats(monitor: MonitorName, now: () => number): StatsKeeper {
  const store = stores[monitor];
  let counted: Tally = NO_TALLY;
  let timer: ReturnType<typeof setInterval> | null = null;
  store.setState(EMPTY);

  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };

  const refresh = () => {
    const stalled = isStalled(counted, now());
    const fps = drawnFps(counted, now());
    store.setState({ fps, lost: counted.lost, stalled });
    // A monitor that is paused, or that nothing comes to any more, costs nothing.
    if (!counted.last?.playing || (stalled && fps === null)) stop();
  };

  return {
    drew(header, rate) {
      const wasPlaying = counted.last?.playing ?? false;
      counted = tally(counted, header, rate, now());
      const { format, generation } = store.getState();
      if (format !== header.format || generation !== header.generation) {
        store.setState({ format: header.format, generation: header.generation });
      }
      if (header.playing && timer === null) timer = setInterval(refresh, TICK);
      if (wasPlaying !== header.playing) refresh();
    },
    travels(way) {
      store.setState({ way });
    },
    close() {
      stop();
      store.setState(EMPTY);
    },
  };
}
