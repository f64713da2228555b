/**
 * The list of sources and flows, in groups where there are TAMS servers: only rows in view are in
 * the page; arrows move, Enter opens.
 */

import {
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { SourceView } from "../../backend/generated";
import { focusPanel } from "../../keymap/deeds";
import { openFlow } from "../../state/act";
import { findFlow, useDesk } from "../../state/desk";
import { groupKey, useView } from "../../state/view";
import { BrowserRow, rowId } from "./BrowserRow";
import { type Group, groupOf } from "./groups";
import { groupedRows, inView, type Row, rowsOf, scrollTo, stepFrom, topsOf } from "./rows";
import { flowToOpen } from "./search";

/** Rows that PageUp and PageDown move by. */
const PAGE = 8;

export function SourceTree({
  sources,
  groups,
  searching,
  treeRef,
  children,
}: {
  sources: readonly SourceView[];
  /** The same sources by where they are; empty when all are in one place. */
  groups: readonly Group[];
  /** Every group is open, so that nothing that was found is hidden. */
  searching: boolean;
  treeRef: RefObject<HTMLDivElement | null>;
  children: ReactNode;
}) {
  const openSources = useView((view) => view.openSources);
  const selectedSource = useView((view) => view.selectedSource);
  const selectedFlow = useView((view) => view.selectedFlow);
  const selectedHead = useView((view) => view.selectedHead);
  const foldedGroups = useView((view) => view.foldedGroups);
  const openedFlow = useDesk((desk) => desk.source.flowId);
  const scroller = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState(0);
  const [{ width, height }, setSize] = useState({ width: 304, height: 600 });
  const [openIssues, setOpenIssues] = useState<ReadonlySet<string>>(new Set());
  const [noteHeights, setNoteHeights] = useState<ReadonlyMap<string, number>>(new Map());
  const grouped = groups.length > 0;

  const rows = useMemo((): Row[] => {
    const opened = {
      sources: new Set(openSources),
      barFlow: selectedFlow ?? openedFlow,
      foldedGroups: searching ? null : new Set(foldedGroups),
      issues: openIssues,
      width,
    };
    return grouped ? groupedRows(groups, opened) : rowsOf(sources, opened.sources, opened.barFlow);
  }, [
    sources,
    groups,
    grouped,
    searching,
    openSources,
    selectedFlow,
    openedFlow,
    foldedGroups,
    openIssues,
    width,
  ]);
  const tops = useMemo(() => topsOf(rows, noteHeights), [rows, noteHeights]);
  const places = useMemo(() => placesOf(sources, groups), [sources, groups]);
  const chosen = chosenRow(rows, selectedSource, selectedFlow, selectedHead);
  const { first, end } = inView(tops, scroll, height);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // What comes into the source monitor is found here, wherever it was opened.
  useEffect(() => {
    const found = findFlow(useDesk.getState().sources, openedFlow);
    if (!found) return;
    const view = useView.getState();
    view.toggleSource(found.source.id, true);
    // A server that was asked for meanwhile keeps the keys.
    if (view.selectedHead !== null) return;
    view.selectSource(found.source.id);
    view.selectFlow(found.flow.id);
  }, [openedFlow]);

  const bringIntoView = (index: number) => {
    const element = scroller.current;
    if (element) element.scrollTop = scrollTo(tops, index, element.scrollTop, element.clientHeight);
  };
  // A server that was asked for elsewhere is found here.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when another one is asked for.
  useEffect(() => {
    const at = rows.findIndex(({ key }) => key === selectedHead);
    if (at >= 0) bringIntoView(at);
  }, [selectedHead]);

  const keepHeight = useCallback((key: string, height: number) => {
    setNoteHeights((known) =>
      known.get(key) === height ? known : new Map(known).set(key, height),
    );
  }, []);
  const choose = (row: Row, index: number) => {
    select(row);
    bringIntoView(index);
  };
  /** Opens or closes what is below a header. */
  const fold = (row: Row, open?: boolean) => {
    if (row.kind === "group" && !searching) useView.getState().toggleGroup(row.group.id, open);
    if (row.kind === "issues") {
      const next = new Set(openIssues);
      if (open ?? !next.has(row.group.id)) next.add(row.group.id);
      else next.delete(row.group.id);
      setOpenIssues(next);
    }
  };
  const enter = (row: Row) => {
    if (row.kind === "group" || row.kind === "issues") fold(row);
    else open(row);
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
    const goToKey = (key: string) => reach(rows.findIndex((row) => row.key === key));
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
        if (row?.kind === "group" || row?.kind === "issues") {
          if (row.unfolded === false) fold(row, true);
          else go(1);
        } else if (row?.kind === "source") {
          if (openSources.includes(row.source.id)) go(1);
          else toggleSource(row.source.id, true);
        } else return;
        break;
      case "ArrowLeft":
        if (row?.kind === "flow") goToKey(row.source.id);
        else if (row?.kind === "source") {
          if (openSources.includes(row.source.id)) toggleSource(row.source.id, false);
          else goToKey(groupKey(groupOf(row.source)));
        } else if (row?.kind === "issues" && !row.unfolded) goToKey(groupKey(row.group.id));
        else if (row) fold(row, false);
        break;
      case "Enter":
        if (!row) return;
        enter(row);
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  const chosenKey = rows[chosen]?.key;
  // The chosen row is named as the active one, so it is in the page wherever the list is scrolled.
  const shown = Array.from({ length: end - first }, (_, offset) => first + offset);
  if (chosenKey !== undefined && (chosen < first || chosen >= end)) shown.push(chosen);

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
        {shown.map((index) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <BrowserRow
              key={row.key}
              id={rowId(row.key)}
              row={row}
              top={tops[index] ?? 0}
              grouped={grouped}
              selected={index === chosen}
              opened={isOpened(row, openedFlow)}
              unfolded={row.kind === "source" && openSources.includes(row.source.id)}
              place={places.get(row.key)}
              noted={index + 1 < end}
              onChoose={(row) => {
                choose(row, index);
                enter(row);
              }}
              onHeight={keepHeight}
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
  const { selectSource, selectFlow, selectHead } = useView.getState();
  if (row.kind === "group" || row.kind === "issues") selectHead(row.key);
  if (row.kind !== "source" && row.kind !== "flow") return;
  selectSource(row.source.id);
  selectFlow(row.kind === "flow" ? row.flow.id : null);
}

/** Into the source monitor, which gets the keys; a source with its flows unfolded, so that one sees
 * what was opened. */
function open(row: Row): void {
  if (row.kind !== "source" && row.kind !== "flow") return;
  const flow = row.kind === "flow" ? row.flow : flowToOpen(row.source);
  useView.getState().toggleSource(row.source.id, true);
  if (!flow?.playable) return;
  void openFlow(flow.id);
  focusPanel("source");
}

function isOpened(row: Row, openedFlow: string | null): boolean {
  if (openedFlow === null) return false;
  if (row.kind === "flow") return row.flow.id === openedFlow;
  return row.kind === "source" && row.source.flows.some(({ id }) => id === openedFlow);
}

/** The row that the keys are at: a header, else the flow where it is seen, else its source, else
 * the group that is folded over it. */
function chosenRow(
  rows: readonly Row[],
  source: string | null,
  flow: string | null,
  head: string | null,
): number {
  const ways: ((row: Row) => boolean)[] = [
    (row) => row.key === head,
    (row) => row.kind === "flow" && row.flow.id === flow,
    (row) => row.kind === "source" && row.source.id === source,
    (row) =>
      row.kind === "group" &&
      row.unfolded === false &&
      row.group.sources.some(({ id }) => id === source),
  ];
  for (const isIt of ways) {
    const at = rows.findIndex(isIt);
    if (at >= 0) return at;
  }
  return -1;
}

function placesOf(
  sources: readonly SourceView[],
  groups: readonly Group[],
): Map<string, { place: number; of: number }> {
  const places = new Map<string, { place: number; of: number }>();
  const put = (keys: readonly string[]) => {
    for (const [at, key] of keys.entries()) places.set(key, { place: at + 1, of: keys.length });
  };
  put(groups.map(({ id }) => groupKey(id)));
  for (const siblings of groups.length > 0 ? groups.map((one) => one.sources) : [sources]) {
    put(siblings.map(({ id }) => id));
  }
  for (const source of sources) put(source.flows.map(({ id }) => `${source.id}/${id}`));
  return places;
}
