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
  { id: "30d", title: "30 d" },
];

/** One number with its name. */
export interface Tile {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  /** Below it: what it means, or that it is not known yet. */
  readonly note: string;
  readonly known: boolean;
  /** Against the period before: `+20 %`; empty when that is not known. */
  readonly change: string;
}

/** The tiles in their order; `metrics` is `null` before the first answer. */
export function tilesOf(metrics: MetricsView | null): Tile[] {
  const of = (
    id: string,
    title: string,
    part: keyof MetricsView,
    words: (value: number) => string,
    note: string,
  ): Tile => {
    const value = metrics?.[part];
    if (typeof value === "number" && Number.isFinite(value)) {
      return { id, title, value: words(value), note, known: true, change: changeOf(metrics, part) };
    }
    const why = metrics?.cannot.find((lack) => lack.part === part)?.why;
    return { id, title, value: UNKNOWN, note: why ?? "not known yet", known: false, change: "" };
  };
  return [
    of("session-views", "Session views", "sessionViews", grouped, "sessions that played"),
    of("mobile", "Mobile access", "mobilePercent", percentWords, "phones and tablets"),
    of("qr-scans", "QR scans", "qrScans", grouped, "of printed codes"),
    of("watch-time", "Watch time", "watchSeconds", watchWords, watchNote(metrics)),
    of("start-up", "Start-up", "startupP50Ms", millisecondWords, startNote(metrics)),
    of("rebuffer", "Waiting", "rebufferPercent", percentWords, "of the time, for data"),
    of("errors", "Errors", "errorPercent", percentWords, "of sessions"),
    of("now-playing", "Playing now", "nowPlaying", grouped, "sessions"),
  ];
}

function watchNote(metrics: MetricsView | null): string {
  return typeof metrics?.avgWatchSeconds === "number"
    ? `${watchWords(metrics.avgWatchSeconds)} a play`
    : "of moving pictures";
}

function startNote(metrics: MetricsView | null): string {
  return typeof metrics?.startupP95Ms === "number"
    ? `95 of 100 below ${millisecondWords(metrics.startupP95Ms)}`
    : "until the first picture";
}

function changeOf(metrics: MetricsView | null, part: string): string {
  const percent = metrics?.changes.find((change) => change.part === part)?.percent;
  if (typeof percent !== "number") return "";
  const rounded = Math.round(percent);
  return rounded === 0 ? "as before" : `${rounded > 0 ? "+" : "−"}${grouped(Math.abs(rounded))} %`;
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

function millisecondWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function watchWords(seconds: number): string {
  return durationWords(seconds * 1000);
}
