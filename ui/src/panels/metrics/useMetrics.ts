/** Reads a compilation's numbers again and again while they are on the screen. */

import { useEffect, useState } from "react";
import { backend, type Failure, failureOf } from "../../backend/backend";
import type { MetricsView } from "../../backend/generated";

/** Between an answer and the next question. */
export const REFRESH_MS = 5_000;

/** The same where each question costs a cluster work. */
export const REMOTE_REFRESH_MS = 60_000;

/** How long numbers are left as they are. */
export function refreshMs(metrics: MetricsView | null): number {
  return metrics?.source === "hydrolix" ? REMOTE_REFRESH_MS : REFRESH_MS;
}

/** What is known; values stay, with their age, when a later question fails. */
export interface Measured {
  readonly metrics: MetricsView | null;
  readonly failure: Failure | null;
}

const NOTHING: Measured = { metrics: null, failure: null };

/**
 * `compilationId` is `undefined` when there is nothing to measure. Questions stop while the window
 * is hidden and never overlap.
 */
export function useMetrics(compilationId: string | undefined, range: string): Measured {
  const [measured, setMeasured] = useState<Measured>(NOTHING);
  useEffect(() => {
    setMeasured(NOTHING);
    if (compilationId === undefined) return;
    let stopped = false;
    let going = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wait = REFRESH_MS;
    const ask = async () => {
      going = true;
      try {
        const metrics = await backend().call("metrics", { compilationId, range });
        wait = refreshMs(metrics);
        if (!stopped) setMeasured({ metrics, failure: null });
      } catch (thrown) {
        const failure = failureOf(thrown);
        if (!stopped) setMeasured(({ metrics }) => ({ metrics, failure }));
      }
      if (!stopped && !document.hidden) timer = setTimeout(ask, wait);
      else going = false;
    };
    void ask();
    const onVisible = () => {
      if (!document.hidden && !going) void ask();
    };
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [compilationId, range]);
  return measured;
}
