/** The browser's list as flat rows of known height, so that only those in view are in the page. */

import type { FlowView, SourceView } from "../../backend/generated";

/** A line of the list. */
export type Row =
  | { readonly kind: "source"; readonly key: string; readonly source: SourceView }
  | {
      readonly kind: "flow";
      readonly key: string;
      readonly source: SourceView;
      readonly flow: FlowView;
    }
  | { readonly kind: "bar"; readonly key: string; readonly flow: FlowView };

/** Heights in CSS pixels. */
export const ROW_HEIGHT: Readonly<Record<Row["kind"], number>> = { source: 40, flow: 28, bar: 36 };

/**
 * Sources with the flows of those that are unfolded; below the flows, where the media of `barFlow`
 * lie.
 */
export function rowsOf(
  sources: readonly SourceView[],
  unfolded: ReadonlySet<string>,
  barFlow: string | null,
): Row[] {
  const rows: Row[] = [];
  for (const source of sources) {
    rows.push({ kind: "source", key: source.id, source });
    if (!unfolded.has(source.id)) continue;
    for (const flow of source.flows) {
      rows.push({ kind: "flow", key: `${source.id}/${flow.id}`, source, flow });
    }
    const shown = source.flows.find((flow) => flow.id === barFlow);
    if (shown?.playable) rows.push({ kind: "bar", key: `${source.id}/bar`, flow: shown });
  }
  return rows;
}

/** Where each row begins, and behind the last where they end. */
export function topsOf(rows: readonly Row[]): number[] {
  const tops = [0];
  let top = 0;
  for (const row of rows) {
    top += ROW_HEIGHT[row.kind];
    tops.push(top);
  }
  return tops;
}

/** First row in view and the one behind the last, with `spare` pixels on both sides. */
export function inView(
  tops: readonly number[],
  scroll: number,
  height: number,
  spare = 200,
): { first: number; end: number } {
  const rows = tops.length - 1;
  const first = Math.max(0, firstAbove(tops, scroll - spare) - 1);
  return {
    first: Math.min(first, rows),
    end: Math.min(rows, firstAbove(tops, scroll + height + spare)),
  };
}

/** How far the list has to be scrolled so that the row is seen whole; unchanged when it is. */
export function scrollTo(
  tops: readonly number[],
  row: number,
  scroll: number,
  height: number,
): number {
  const top = tops[row] ?? 0;
  const bottom = tops[row + 1] ?? top;
  if (top < scroll) return top;
  return bottom > scroll + height ? bottom - height : scroll;
}

/**
 * The row that is reached from `from` by so many steps: rows that can't be chosen are skipped, the
 * ends hold. `-1` when there is none.
 */
export function stepFrom(rows: readonly Row[], from: number, steps: number): number {
  const choosable = rows.flatMap((row, index) => (row.kind === "bar" ? [] : [index]));
  if (choosable.length === 0) return -1;
  const at = choosable.indexOf(from);
  if (at < 0) return (steps > 0 ? choosable[0] : choosable.at(-1)) ?? -1;
  const to = Math.min(choosable.length - 1, Math.max(0, at + steps));
  return choosable[to] ?? -1;
}

/** Index of the first top at or behind `y`. */
function firstAbove(tops: readonly number[], y: number): number {
  let low = 0;
  let high = tops.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) < y) low = middle + 1;
    else high = middle;
  }
  return low;
}
