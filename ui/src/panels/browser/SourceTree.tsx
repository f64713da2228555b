/** The list of sources and flows: only rows in view are in the page; arrows move, Enter opens. */

import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { SourceView } from "../../backend/generated";
import { focusPanel } from "../../keymap/deeds";
import { openFlow } from "../../state/act";
import { findFlow, useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { BrowserRow } from "./BrowserRow";
import { inView, type Row, rowsOf, scrollTo, stepFrom, topsOf } from "./rows";
import { firstPlayable } from "./search";

/** Rows that PageUp and PageDown move by. */
const PAGE = 8;

export function SourceTree({
  sources,
  treeRef,
  children,
}: {
  sources: readonly SourceView[];
  treeRef: RefObject<HTMLDivElement | null>;
  children: ReactNode;
}) {
  const openSources = useView((view) => view.openSources);
  const selectedSource = useView((view) => view.selectedSource);
  const selectedFlow = useView((view) => view.selectedFlow);
  const openedFlow = useDesk((desk) => desk.source.flowId);
  const scroller = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState(0);
  const [height, setHeight] = useState(600);

  const rows = useMemo(
    () => rowsOf(sources, new Set(openSources), selectedFlow ?? openedFlow),
    [sources, openSources, selectedFlow, openedFlow],
  );
  const tops = useMemo(() => topsOf(rows), [rows]);
  const places = useMemo(() => placesOf(sources), [sources]);
  const chosen = chosenRow(rows, selectedSource, selectedFlow);
  const { first, end } = inView(tops, scroll, height);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // What comes into the source monitor is found here, wherever it was opened.
  useEffect(() => {
    const found = findFlow(useDesk.getState().sources, openedFlow);
    if (!found) return;
    const view = useView.getState();
    view.toggleSource(found.source.id, true);
    view.selectSource(found.source.id);
    view.selectFlow(found.flow.id);
  }, [openedFlow]);

  const choose = (row: Row, index: number) => {
    select(row);
    const element = scroller.current;
    if (element) element.scrollTop = scrollTo(tops, index, element.scrollTop, element.clientHeight);
  };
  const onKey = (event: React.KeyboardEvent) => {
    // With Ctrl or another of them it is a key of the whole window.
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const row = rows[chosen];
    const reach = (index: number) => {
      const reached = rows[index];
      if (reached) choose(reached, index);
    };
    const go = (steps: number) => reach(stepFrom(rows, chosen, steps));
    const { toggleSource } = useView.getState();
    switch (event.key) {
      case "ArrowDown":
        go(1);
        break;
      case "ArrowUp":
        go(-1);
        break;
      case "PageDown":
        go(PAGE);
        break;
      case "PageUp":
        go(-PAGE);
        break;
      case "Home":
        reach(stepFrom(rows, -1, 1));
        break;
      case "End":
        reach(stepFrom(rows, -1, -1));
        break;
      case "ArrowRight":
        if (row?.kind !== "source") return;
        if (openSources.includes(row.source.id)) go(1);
        else toggleSource(row.source.id, true);
        break;
      case "ArrowLeft":
        if (row?.kind === "flow") {
          const parent = rows.findIndex(({ key }) => key === row.source.id);
          const above = rows[parent];
          if (above) choose(above, parent);
        } else if (row?.kind === "source") toggleSource(row.source.id, false);
        break;
      case "Enter":
        if (!row) return;
        open(row);
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  const chosenKey = rows[chosen]?.key;

  return (
    <div
      ref={scroller}
      className="scroll grow-down source-tree"
      onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
    >
      <div
        ref={treeRef}
        className="source-rows"
        role="tree"
        data-takes-focus
        aria-label="Sources and their flows"
        tabIndex={0}
        style={{ height: tops.at(-1) ?? 0 }}
        {...(chosenKey !== undefined && { "aria-activedescendant": rowId(chosenKey) })}
        onKeyDown={onKey}
      >
        {rows.slice(first, end).map((row, offset) => {
          const index = first + offset;
          const place = places.get(row.key);
          return (
            <BrowserRow
              key={row.key}
              id={rowId(row.key)}
              row={row}
              top={tops[index] ?? 0}
              selected={index === chosen}
              opened={isOpened(row, openedFlow)}
              unfolded={row.kind === "source" && openSources.includes(row.source.id)}
              place={place?.place ?? 1}
              of={place?.of ?? 1}
              onChoose={(row) => {
                choose(row, index);
                open(row);
              }}
              onFold={(id) => useView.getState().toggleSource(id)}
            />
          );
        })}
      </div>
      {children}
    </div>
  );
}

function select(row: Row): void {
  const { selectSource, selectFlow } = useView.getState();
  if (row.kind === "bar") return;
  selectSource(row.source.id);
  selectFlow(row.kind === "flow" ? row.flow.id : null);
}

/** Into the source monitor, which gets the keys; a source with its flows unfolded, so that one sees
 * what was opened. */
function open(row: Row): void {
  if (row.kind === "bar") return;
  const flow = row.kind === "flow" ? row.flow : firstPlayable(row.source);
  useView.getState().toggleSource(row.source.id, true);
  if (!flow?.playable) return;
  void openFlow(flow.id);
  focusPanel("source");
}

function isOpened(row: Row, openedFlow: string | null): boolean {
  if (openedFlow === null || row.kind === "bar") return false;
  return row.kind === "flow"
    ? row.flow.id === openedFlow
    : row.source.flows.some(({ id }) => id === openedFlow);
}

/** The row that the keys are at: the flow where it is seen, else its source. */
function chosenRow(rows: readonly Row[], source: string | null, flow: string | null): number {
  const at = rows.findIndex((row) => row.kind === "flow" && row.flow.id === flow);
  return at >= 0 ? at : rows.findIndex((row) => row.kind === "source" && row.source.id === source);
}

function placesOf(sources: readonly SourceView[]): Map<string, { place: number; of: number }> {
  const places = new Map<string, { place: number; of: number }>();
  sources.forEach((source, index) => {
    places.set(source.id, { place: index + 1, of: sources.length });
    source.flows.forEach((flow, at) => {
      places.set(`${source.id}/${flow.id}`, { place: at + 1, of: source.flows.length });
    });
  });
  return places;
}

function rowId(key: string): string {
  return `browser-${key}`;
}
