/** The browser's list as flat rows of known height, so that only those in view are in the page. */

import type { FlowView, SourceView } from "../../backend/generated";
import { groupKey } from "../../state/view";
import { emptyGroupWords, type Group, THIS_MACHINE } from "./groups";

/** A line of the list. */
export type Row = SourceRow | GroupRow;

type SourceRow =
  | { readonly kind: "source"; readonly key: string; readonly source: SourceView }
  | {
      readonly kind: "flow";
      readonly key: string;
      readonly source: SourceView;
      readonly flow: FlowView;
    }
  | { readonly kind: "bar"; readonly key: string; readonly flow: FlowView };

type GroupRow =
  | {
      readonly kind: "group";
      readonly key: string;
      readonly group: Group;
      /** `null` while it can't be folded. */
      readonly unfolded: boolean | null;
      /** Key of the note below that says why it can't be used. */
      readonly noteKey: string | null;
    }
  | {
      /** How many odd answers a server gave; below it they are read when it is unfolded. */
      readonly kind: "issues";
      readonly key: string;
      readonly group: Group;
      readonly issues: number;
      readonly unfolded: boolean;
    }
  | {
      readonly kind: "note";
      readonly key: string;
      readonly note: Note;
      /** How high it will be, guessed from its words; known when it has been drawn. */
      readonly guess: number;
    };

/** Something to read in a group. */
export interface Note {
  readonly look: "quiet" | "warn" | "error";
  /** What it is about. */
  readonly what: string;
  /** What follows from it, or is to be done. */
  readonly next: string;
  /** For people who search; empty when there is none. */
  readonly code: string;
  /** For the tooltip. */
  readonly detail: string;
}

/** What of the list is open, and how wide it is. */
export interface Opened {
  /** Sources whose flows are seen. */
  readonly sources: ReadonlySet<string>;
  /** The flow below whose source is drawn where its media lie. */
  readonly barFlow: string | null;
  /** Groups whose sources are not seen; `null` while every one is open, for a search. */
  readonly foldedGroups: ReadonlySet<string> | null;
  /** Groups whose odd answers are read. */
  readonly issues: ReadonlySet<string>;
  /** CSS pixels. */
  readonly width: number;
}

/** Heights in CSS pixels. */
const HEIGHTS = { source: 40, flow: 28, bar: 36, issues: 24 } as const;
/** The header of a server has a second line: its state. */
const GROUP = { here: 28, server: 40 } as const;
/** A note: its lines, what is above and below them and beside them, and a letter on average. */
const NOTE = { line: 16, around: 10, beside: 40, letter: 5.7 } as const;

/**
 * Sources with the flows of those that are unfolded; below the flows, where the media of `barFlow`
 * lie.
 */
export function rowsOf(
  sources: readonly SourceView[],
  unfolded: ReadonlySet<string>,
  barFlow: string | null,
): SourceRow[] {
  const rows: SourceRow[] = [];
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

/** Groups with their headers, what is to be said of their servers, and their sources. */
export function groupedRows(groups: readonly Group[], opened: Opened): Row[] {
  return groups.flatMap((group): Row[] => {
    const { id, connection } = group;
    const unfolded = opened.foldedGroups && !opened.foldedGroups.has(id);
    const problem = problemOf(group);
    const noteKey = unfolded !== false && problem ? `problem:${id}` : null;
    const head: Row = { kind: "group", key: groupKey(id), group, unfolded, noteKey };
    if (unfolded === false) return [head];
    const noteRow = (key: string, note: Note): Row => ({
      kind: "note",
      key,
      note,
      guess: guessedHeight(note, opened.width),
    });
    const rows: Row[] = [head];
    if (problem) rows.push(noteRow(`problem:${id}`, problem));
    const issues = connection?.issues ?? [];
    if (issues.length > 0) {
      const open = opened.issues.has(id);
      const key = `issues:${id}`;
      rows.push({ kind: "issues", key, group, issues: issues.length, unfolded: open });
      const said = open ? issues : [];
      rows.push(...said.map((issue, at) => noteRow(`issue:${id}:${at}`, quiet(issue))));
    }
    const empty = emptyGroupWords(group);
    if (empty !== null) rows.push(noteRow(`empty:${id}`, quiet(empty)));
    return [...rows, ...rowsOf(group.sources, opened.sources, opened.barFlow)];
  });
}

/** About how high a note is in a list so wide, in CSS pixels. */
export function guessedHeight({ what, next, code }: Note, width: number): number {
  const room = Math.max(NOTE.letter, width - NOTE.beside);
  const long = (what.length + next.length + code.length + 3) * NOTE.letter;
  return NOTE.around + NOTE.line * Math.ceil(long / room);
}

/**
 * Where each row begins, and behind the last where they end; `drawn` are the heights of notes that
 * have been drawn, by their keys.
 */
export function topsOf(
  rows: readonly Row[],
  drawn: ReadonlyMap<string, number> = new Map(),
): number[] {
  const tops = [0];
  let top = 0;
  for (const row of rows) {
    top += row.kind === "note" ? (drawn.get(row.key) ?? row.guess) : heightOf(row);
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
  const choosable = rows.flatMap((row, index) => (isChoosable(row) ? [index] : []));
  if (choosable.length === 0) return -1;
  const at = choosable.indexOf(from);
  if (at < 0) return (steps > 0 ? choosable[0] : choosable.at(-1)) ?? -1;
  const to = Math.min(choosable.length - 1, Math.max(0, at + steps));
  return choosable[to] ?? -1;
}

function isChoosable({ kind }: Row): boolean {
  return kind !== "bar" && kind !== "note";
}

function heightOf(row: Exclude<Row, { kind: "note" }>): number {
  if (row.kind !== "group") return HEIGHTS[row.kind];
  return row.group.id === THIS_MACHINE ? GROUP.here : GROUP.server;
}

/** Why a server can't be used; one that merely is away is no error. */
function problemOf({ connection }: Group): Note | null {
  if (!connection?.problem) return null;
  const { title, hint, code, detail } = connection.problem;
  const wrong = connection.state === "refused" || connection.state === "wrong";
  return { look: wrong ? "error" : "warn", what: title, next: hint, code, detail };
}

function quiet(text: string): Note {
  return { look: "quiet", what: "", next: text, code: "", detail: text };
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
