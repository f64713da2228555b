/**
 * A long table that is read row by row: arrows move, Enter and a click take a row. What is too long
 * for its row stands below in full.
 */

import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useState,
} from "react";
import { Spacer, useRowsInView } from "./rowsInView";
import type { ReportRow } from "./verification";

/** Rows that PageUp and PageDown move by. */
const PAGE = 8;

export interface Column<R> {
  readonly title: string;
  /** Of its cells and its head. */
  readonly className?: string;
  /** Its cells are numbers. */
  readonly mono?: true;
  cell(row: R): ReactNode;
}

export interface RowGridProps<R> {
  label: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  /** Of the rows. */
  testId: string;
  /** It has the keys when the dialog opens. */
  autofocus?: boolean;
  /** What Enter and a click do; nothing but choose the row when absent. */
  onTake?: ((row: R) => void) | undefined;
}

export function RowGrid<R extends ReportRow>(props: RowGridProps<R>) {
  const { label, columns, rows, testId, autofocus, onTake } = props;
  const [key, setKey] = useState<string | null>(null);
  const { box, onScroll, first, end, bring } = useRowsInView(rows.length);
  const id = useId();
  const at = chosen(rows, key);
  const [cut, setCut] = useState(false);
  // The row that the keys are at is seen from the start, and when a filter has moved it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the rows are others.
  useEffect(() => bring(at), [rows]);
  // What was found stands last.
  useLayoutEffect(() => {
    const cell = document.getElementById(`${id}-${at}`)?.lastElementChild;
    setCut(cell !== null && cell !== undefined && cell.scrollWidth > cell.clientWidth);
  });

  const choose = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setKey(row.key);
    bring(rows.indexOf(row));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const row = rows[at];
    const to = reached(event.key, at, rows.length);
    if (to !== null) choose(to);
    else if (event.key === "Enter" && row) onTake?.(row);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <div ref={box} className="scroll row-grid" onScroll={onScroll}>
        <table
          className={onTake ? "t takes" : "t"}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: keys move in this table.
          role="grid"
          aria-label={label}
          aria-rowcount={rows.length + 1}
          aria-activedescendant={at >= first && at < end ? `${id}-${at}` : undefined}
          tabIndex={0}
          data-autofocus={autofocus || undefined}
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr aria-rowindex={1}>
              {columns.map(({ title, className }) => (
                <th key={title} className={className}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Spacer rows={first} columns={columns.length} />
            {rows.slice(first, end).map((row, offset) => {
              const index = first + offset;
              return (
                <tr
                  key={row.key}
                  id={`${id}-${index}`}
                  className={index === at ? "sel" : ""}
                  aria-rowindex={index + 2}
                  aria-selected={index === at}
                  data-testid={testId}
                  onClick={() => {
                    setKey(row.key);
                    onTake?.(row);
                  }}
                >
                  {columns.map(({ title, className = "", mono, cell }) => (
                    <td key={title} className={mono ? `mono ${className}` : className}>
                      {cell(row)}
                    </td>
                  ))}
                </tr>
              );
            })}
            <Spacer rows={rows.length - end} columns={columns.length} />
          </tbody>
        </table>
      </div>
      <p className="row-detail t2 selectable" data-testid={`${testId}-detail`}>
        {cut && rows[at]?.detail}
      </p>
    </>
  );
}

/** The row that the keys are at: the one chosen, else the first that is not as planned. */
function chosen(rows: readonly ReportRow[], key: string | null): number {
  const at = rows.findIndex((row) => row.key === key);
  if (at >= 0) return at;
  return Math.max(
    0,
    rows.findIndex(({ ok }) => !ok),
  );
}

/** The row that a key leads to; `null` when it is no such key. */
function reached(key: string, at: number, rows: number): number | null {
  switch (key) {
    case "ArrowDown":
      return at + 1;
    case "ArrowUp":
      return at - 1;
    case "PageDown":
      return at + PAGE;
    case "PageUp":
      return at - PAGE;
    case "Home":
      return 0;
    case "End":
      return rows - 1;
    default:
      return null;
  }
}
