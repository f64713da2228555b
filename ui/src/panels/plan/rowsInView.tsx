/** Long tables: only rows in view are in the page, the others are one empty row at either end. */

import { type RefObject, useEffect, useRef, useState } from "react";

/** Heights of a row and of the head, as in the style sheet. */
const ROW = 28;
const HEAD = 24;
/** Rows beyond the edges. */
const MORE = 4;

export interface RowsInView {
  /** The element that scrolls. */
  readonly box: RefObject<HTMLDivElement | null>;
  onScroll(): void;
  /** The first row that is in the page, and the first behind them. */
  readonly first: number;
  readonly end: number;
  /** Scrolls as little as shows that row. */
  bring(index: number): void;
}

export function useRowsInView(rows: number): RowsInView {
  const [scroll, setScroll] = useState(0);
  const [height, setHeight] = useState(300);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return {
    box,
    onScroll: () => setScroll(box.current?.scrollTop ?? 0),
    ...rowsAt(rows, scroll, height),
    bring(index) {
      const element = box.current;
      if (element) element.scrollTop = scrollFor(index, element.scrollTop, element.clientHeight);
    },
  };
}

/** Which rows are in the page. */
export function rowsAt(
  rows: number,
  scroll: number,
  height: number,
): { first: number; end: number } {
  const first = Math.max(0, Math.floor((scroll - HEAD) / ROW) - MORE);
  const end = Math.min(rows, Math.ceil((scroll + height) / ROW) + MORE);
  return { first: Math.min(first, end), end };
}

/** How far to scroll so that a row is seen below the head. */
export function scrollFor(index: number, scroll: number, height: number): number {
  const above = index * ROW;
  const below = HEAD + above + ROW - height;
  return Math.max(0, Math.min(above, Math.max(below, scroll)));
}

/** Rows that are out of view, as one. */
export function Spacer({ rows, columns }: { rows: number; columns: number }) {
  if (rows <= 0) return null;
  return (
    <tr className="spacer">
      <td colSpan={columns} style={{ height: rows * ROW }} />
    </tr>
  );
}
