/** What can be cut, on this machine and at TAMS servers: search, filters, and where media are. */

import {
  IconDatabase,
  IconPlus,
  IconRefresh,
  IconSearch,
  IconSearchOff,
  IconX,
} from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { ConnectionView } from "../../backend/generated";
import { ActionIcon, Button, EmptyState, Key, Panel, PanelHeader } from "../../design";
import { action } from "../../keymap/actions";
import { provideHandler } from "../../keymap/handlers";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { grouped } from "../../time/words";
import { AddCard } from "./AddCard";
import "./browser.css";
import { groupsOf, THIS_MACHINE } from "./groups";
import { IngestRows } from "./IngestRows";
import { SourceTree } from "./SourceTree";
import { FILTERS, type Filter, wantedSources } from "./search";

/** So few sources that the list itself has room to say how more come in. */
const FEW = 6;

const NO_CONNECTIONS: readonly ConnectionView[] = [];

export function BrowserPanel() {
  const sources = useDesk((desk) => desk.sources);
  const connections = useDesk((desk) => desk.workspace?.connections ?? NO_CONNECTIONS);
  const [query, setQuery] = useState("");
  const [filters, setFilters] = useState<ReadonlySet<Filter>>(new Set());
  const wanted = useMemo(
    () => wantedSources(sources, { query, filters }),
    [sources, query, filters],
  );
  const groups = useMemo(
    () => groupsOf(sources, wanted, connections),
    [sources, wanted, connections],
  );
  const search = useRef<HTMLInputElement>(null);
  const tree = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement>(null);
  useEffect(
    () =>
      provideHandler("search.focus", () => {
        useView.getState().setFocus("browser");
        search.current?.focus();
        search.current?.select();
      }),
    [],
  );
  useEffect(
    () =>
      provideHandler("search.clear", () => {
        setQuery("");
        setFilters(new Set());
      }),
    [],
  );
  // The panel itself has nothing to do with keys: its list takes them.
  useEffect(() => {
    const element = panel.current;
    const pass = () => tree.current?.focus({ preventScroll: true });
    element?.addEventListener("focus", pass);
    return () => element?.removeEventListener("focus", pass);
  }, []);
  const toList = () => {
    const { selectedSource, selectSource, selectFlow } = useView.getState();
    const [first] = wanted;
    if (first && !wanted.some(({ id }) => id === selectedSource)) {
      selectSource(first.id);
      selectFlow(null);
    }
    tree.current?.focus();
  };
  const clear = () => {
    setQuery("");
    setFilters(new Set());
  };
  const toggle = (filter: Filter) => {
    const next = new Set(filters);
    if (!next.delete(filter)) next.add(filter);
    setFilters(next);
  };
  const narrowed = query.trim() !== "" || filters.size > 0;
  const inGroups = groups.length > 0;
  const here = inGroups ? groups.find(({ id }) => id === THIS_MACHINE)?.all : sources.length;
  // Behind the sources of servers nobody would look for it, unless there is nothing else to do.
  const invites = !narrowed && (here ?? 0) <= (inGroups ? 0 : FEW);

  return (
    <Panel ref={panel} label="Sources" panel="browser" testId="panel-browser" className="browser">
      <PanelHeader
        title="Sources"
        note={
          narrowed
            ? `${grouped(wanted.length)} of ${grouped(sources.length)}`
            : grouped(sources.length)
        }
      >
        {inGroups && (
          <ActionIcon id="connections.refresh" size="sm" testId="connections-refresh">
            <IconRefresh size={16} />
          </ActionIcon>
        )}
        <ActionIcon id="ingest.choose" size="sm" testId="ingest-choose">
          <IconPlus size={16} />
        </ActionIcon>
      </PanelHeader>
      <div className="browser-search">
        <label className="field">
          <IconSearch size={16} aria-hidden="true" />
          <span className="sr">Search sources, flows, tags</span>
          <input
            ref={search}
            type="text"
            placeholder="Search sources, flows, tags"
            spellCheck={false}
            value={query}
            data-testid="search"
            onChange={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") {
                event.preventDefault();
                if (query) setQuery("");
                else tree.current?.focus();
              } else if (event.key === "ArrowDown" || event.key === "Enter") {
                event.preventDefault();
                toList();
              }
            }}
          />
          {query ? (
            <button
              type="button"
              className="search-clear"
              aria-label="Clear the search"
              title="Clear the search"
              onClick={() => {
                setQuery("");
                search.current?.focus();
              }}
            >
              <IconX size={14} aria-hidden="true" />
            </button>
          ) : (
            <Key of={action("search.focus").keys[0] ?? "/"} />
          )}
        </label>
      </div>
      <fieldset className="browser-filters">
        <legend className="sr">Show only</legend>
        {FILTERS.map(({ id, title }) => (
          <button
            key={id}
            type="button"
            className={filters.has(id) ? "chip accent" : "chip"}
            aria-pressed={filters.has(id)}
            onClick={() => toggle(id)}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <IngestRows />
      {sources.length === 0 && !inGroups && (
        <div className="scroll">
          <EmptyState
            icon={<IconDatabase size={20} />}
            title="No sources yet"
            testId="browser-empty"
          >
            <p>What you add is kept as segments in this workspace and listed here.</p>
          </EmptyState>
          <AddCard />
        </div>
      )}
      {sources.length > 0 && wanted.length === 0 && (
        <EmptyState
          icon={<IconSearchOff size={20} />}
          title="Nothing matches"
          testId="browser-no-match"
        >
          <p>None of {grouped(sources.length)} sources has all of these words and filters.</p>
          <Button size="sm" onClick={clear}>
            Show all sources
          </Button>
        </EmptyState>
      )}
      {(wanted.length > 0 || (inGroups && sources.length === 0)) && (
        <SourceTree sources={wanted} groups={groups} searching={query.trim() !== ""} treeRef={tree}>
          {invites && <AddCard />}
        </SourceTree>
      )}
    </Panel>
  );
}
