/** Geometry of the charts, and what they say: pure, in a box of 1000 × 100. */

import type { MetricsView, RetentionView, ShotView } from "../../backend/generated";

/** A bar from the bottom up. */
export interface ChartBar {
  readonly x: number;
  readonly width: number;
  readonly height: number;
  /** Unknown: drawn as a gap, never as nothing. */
  readonly known: boolean;
}

/** Bars of a series, scaled so that the highest fills the box. */
export function barsOf(values: readonly (number | null)[]): ChartBar[] {
  const highest = Math.max(1, ...values.map((value) => value ?? 0));
  const step = 1000 / Math.max(1, values.length);
  return values.map((value, index) => ({
    x: index * step,
    width: step * 0.8,
    height: ((value ?? 0) * 100) / highest,
    known: value !== null,
  }));
}

/** The line of a retention curve, as points of a polyline. */
export function curveOf(points: readonly RetentionView[], endMs: number): string {
  const length = Math.max(1, endMs);
  return points
    .filter(({ percent }) => percent !== null)
    .map(({ atMs, percent }) => {
      const x = Math.min(1000, (atMs * 1000) / length);
      return `${x.toFixed(1)},${(100 - (percent ?? 0)).toFixed(1)}`;
    })
    .join(" ");
}

/** Where a compilation ends, as its shots and the curve tell. */
export function endOf(metrics: MetricsView): number {
  const shot = metrics.shots.at(-1)?.endMs ?? 0;
  return Math.max(shot, metrics.retention?.at(-1)?.atMs ?? 0);
}

/** The cut at which most people left. */
export interface Drop {
  readonly shot: ShotView;
  /** Percent of those who were watching at its start. */
  readonly percent: number;
}

/** The shot in which the largest share of its viewers left; `null` when nobody did, or it is not known. */
export function largestDrop(metrics: MetricsView): Drop | null {
  const points = metrics.retention;
  if (!points) return null;
  const at = (ms: number) => points.filter(({ atMs }) => atMs <= ms).at(-1)?.sessions ?? null;
  let worst: Drop | null = null;
  for (const shot of metrics.shots) {
    const [begin, end] = [at(shot.atMs), at(Math.max(shot.atMs, shot.endMs - 1))];
    if (begin === null || end === null || begin === 0) continue;
    const percent = Math.round(((begin - end) * 100) / begin);
    if (percent > 0 && percent > (worst?.percent ?? 0)) worst = { shot, percent };
  }
  return worst;
}

/** `1:05` of milliseconds. */
export function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The numbers as a table for other programs. A cell that a spreadsheet would compute is made a text. */
export function csvOf(metrics: MetricsView): string {
  const rows: (string | number | null)[][] = [
    ["part", "title", "code", "sessions", "scans", "plays"],
  ];
  rows.push(["session views", "", "", metrics.sessionViews, metrics.qrScans, null]);
  for (const { atMs, sessionViews, qrScans } of metrics.series) {
    rows.push(["series", new Date(atMs).toISOString(), "", sessionViews, qrScans, null]);
  }
  for (const { atMs, sessions } of metrics.retention ?? []) {
    rows.push(["retention", clockOf(atMs), "", sessions, null, null]);
  }
  const tables = [
    ["place", metrics.placements],
    ["device", metrics.devices],
    ["country", metrics.countries],
  ] as const;
  for (const [part, table] of tables) {
    for (const row of table?.rows ?? []) {
      rows.push([part, row.title, row.code, row.sessions, row.scans, row.plays]);
    }
  }
  return `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
