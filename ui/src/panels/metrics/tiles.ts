/** The numbers of a compilation in words: what is not known is never a zero. */

import type { MetricsView } from "../../backend/generated";
import { durationWords, grouped } from "../../time/words";

/** What stands where nothing is known. */
export const UNKNOWN = "—";

/** The ranges that can be asked for. */
export const RANGES: readonly { readonly id: string; readonly title: string }[] = [
  { id: "1h", title: "1 h" },
  { id: "24h", title: "24 h" },
  { id: "7d", title: "7 d" },
];

/** One number with its name. */
export interface Tile {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  /** Below it: what it means, or that it is not known yet. */
  readonly note: string;
  readonly known: boolean;
}

/** The tiles in their order; `metrics` is `null` before the first answer. */
export function tilesOf(metrics: MetricsView | null): Tile[] {
  return [
    tile("session-views", "Session views", metrics?.sessionViews, grouped, "sessions that played"),
    tile("mobile", "Mobile access", metrics?.mobilePercent, percentWords, "phones and tablets"),
    tile("qr-scans", "QR scans", metrics?.qrScans, grouped, "of printed codes"),
    tile(
      "watch-time",
      "Watch time",
      metrics?.watchSeconds,
      watchWords,
      typeof metrics?.avgWatchSeconds === "number"
        ? `${watchWords(metrics.avgWatchSeconds)} a play`
        : "of moving pictures",
    ),
  ];
}

function tile(
  id: string,
  title: string,
  value: number | null | undefined,
  words: (value: number) => string,
  note: string,
): Tile {
  return typeof value === "number" && Number.isFinite(value)
    ? { id, title, value: words(value), note, known: true }
    : { id, title, value: UNKNOWN, note: "not known yet", known: false };
}

/** One bar of how far sessions got. */
export interface Reach {
  readonly title: string;
  readonly sessions: number;
  /** Whole percent of the sessions that began. */
  readonly percent: number;
}

const REACHED = ["Began", "25 %", "50 %", "75 %", "The end"];

/** `null` when it is not known, or nobody got past the first picture. */
export function reachOf(metrics: MetricsView | null): Reach[] | null {
  const reached = metrics?.completion;
  const began = reached?.[0];
  if (!reached || reached.length !== REACHED.length || !began) return null;
  return reached.map((sessions, step) => ({
    title: REACHED[step] ?? "",
    sessions,
    percent: Math.round((sessions * 100) / began),
  }));
}

/** Nobody has watched and nothing was scanned, and that is known. */
export function isQuiet(metrics: MetricsView): boolean {
  return metrics.sessionViews === 0 && metrics.qrScans === 0;
}

function percentWords(value: number): string {
  return `${value.toFixed(1).replace(/\.0$/, "")} %`;
}

function watchWords(seconds: number): string {
  return durationWords(seconds * 1000);
}
