/** Tiles, how far people watched, and how old the numbers are. */

import {
  IconChartBar,
  IconClock,
  IconCopy,
  IconExternalLink,
  IconQrcode,
} from "@tabler/icons-react";
import { useState } from "react";
import type { CompilationView, MetricsView, StaleView } from "../../backend/generated";
import { Button, Dot, EmptyState, IconButton, Segmented } from "../../design";
import { call } from "../../state/act";
import { useView } from "../../state/view";
import { ageWords, clockWords, count, grouped } from "../../time/words";
import { copyText } from "../plan/clipboard";
import { FailureNote } from "../plan/FailureNote";
import { useCompilations } from "../sheets/compilations";
import { Charts } from "./Charts";
import { csvOf } from "./plots";
import "./metrics.css";
import { isQuiet, RANGES, type Reach, reachOf, type Tile, tilesOf } from "./tiles";
import { refreshMs, useMetrics } from "./useMetrics";

const CHOICES = RANGES.map(({ id, title }) => ({ value: id, label: title }));

export function Numbers({ compilation }: { compilation: CompilationView | undefined }) {
  const [range, setRange] = useState("24h");
  const { metrics, failure } = useMetrics(compilation?.id, range);
  if (!compilation) return <NoCompilation />;
  const reach = reachOf(metrics);
  return (
    <div className="scroll numbers" data-testid="numbers">
      <Segmented label="Range" value={range} choices={CHOICES} onChange={setRange} />
      <AsOf metrics={metrics} failed={failure !== null} />
      {failure && <FailureNote failure={failure} />}
      {metrics?.stale && <StaleNote stale={metrics.stale} />}
      <div className="tiles">
        {tilesOf(metrics).map((tile) => (
          <TileBox key={tile.id} tile={tile} />
        ))}
      </div>
      <section aria-label="How far people watched">
        <div className="row numbers-head">
          <h3 className="b6 grow">How far people watched</h3>
          <span className="f11 t3">
            {reach ? `${count(reach[0]?.sessions ?? 0, "session")}` : "not known yet"}
          </span>
        </div>
        {reach ? <ReachBars reach={reach} /> : <p className="t3">—</p>}
      </section>
      {metrics && !isQuiet(metrics) && <Charts metrics={metrics} />}
      {metrics && isQuiet(metrics) && (
        <div className="card col g8" data-testid="metrics-quiet">
          <span className="b5">Nobody has watched in this range</span>
          <p className="t2">Scan a printed code with a phone, or open the play page here.</p>
          <div className="row g8">
            <Button size="sm" onClick={() => void call("play_open", { id: compilation.id })}>
              Open the play page
            </Button>
          </div>
        </div>
      )}
      <PlayLink compilation={compilation} />
      <div className="row g8">
        <p className="f11 t3 grow">Plays are counted without names or addresses.</p>
        {metrics && (
          <Button size="sm" kind="ghost" onClick={() => saveText(csvName(metrics), csvOf(metrics))}>
            Save as CSV
          </Button>
        )}
      </div>
    </div>
  );
}

function csvName({ compilationId, range }: MetricsView): string {
  return `metrics-${compilationId.slice(0, 8)}-${range}.csv`;
}

/** Hands a text to the user as a file. */
function saveText(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The numbers are old ones, and why. */
function StaleNote({ stale }: { stale: StaleView }) {
  return (
    <div className="card col g4" role="status" data-testid="metrics-stale">
      <span className="b5 warn">
        {STALE_TITLES[stale.state] ?? "The numbers can’t be read now"}
      </span>
      <span className="t2">{stale.message}</span>
      {stale.hint && <span className="f11 t3">{stale.hint}</span>}
    </div>
  );
}

const STALE_TITLES: Record<string, string> = {
  sign_in: "Sign in to Hydrolix again",
  blocked: "The cluster lets nobody in from here",
  offline: "Hydrolix can’t be reached",
  too_slow: "The question takes too long",
  table_missing: "The table is not there",
  over_limits: "The range is over a limit",
  busy: "The cluster is busy",
};

/** What people open, and how to put it on paper. */
function PlayLink({ compilation }: { compilation: CompilationView }) {
  const { id, playUrl } = compilation;
  if (!playUrl) return null;
  return (
    <section className="card col g8" aria-label="Play link">
      <div className="row g4">
        <span className="lbl">Play link</span>
        <span className="mono f11 cut grow selectable" title={playUrl}>
          {playUrl}
        </span>
        <IconButton
          size="sm"
          label="Copy the play link"
          onClick={() => void copyText(playUrl, "The play link")}
        >
          <IconCopy size={14} />
        </IconButton>
        <IconButton
          size="sm"
          label="Open the play page"
          onClick={() => void call("play_open", { id })}
        >
          <IconExternalLink size={14} />
        </IconButton>
        <Button
          size="sm"
          onClick={() => {
            useView.getState().setCompilation(id);
            useView.getState().setView("sheets");
          }}
        >
          <IconQrcode size={14} aria-hidden="true" />
          Print a code
        </Button>
      </div>
    </section>
  );
}

function NoCompilation() {
  const { known, failure, again } = useCompilations();
  if (failure) {
    return (
      <div className="numbers">
        <FailureNote failure={failure}>
          <Button size="sm" onClick={again}>
            Try again
          </Button>
        </FailureNote>
      </div>
    );
  }
  if (!known) return <p className="numbers t3">Reading the compilations</p>;
  return (
    <EmptyState
      icon={<IconChartBar size={20} />}
      title="Nothing is published yet"
      testId="metrics-empty"
    >
      <p>Compile a sequence and publish it; views and scans are counted here.</p>
      <Button
        size="sm"
        onClick={() => {
          useView.getState().setView("edit");
          useView.getState().setCompileOpen(true);
        }}
      >
        Open the cut plan
      </Button>
    </EmptyState>
  );
}

/** Until when the numbers are known; amber when the last question failed. */
function AsOf({ metrics, failed }: { metrics: MetricsView | null; failed: boolean }) {
  const asOf = metrics?.asOf ?? null;
  return (
    <div className="row g8 f11 t2" role="status" data-testid="as-of">
      {failed ? (
        <IconClock size={14} className="warn" aria-hidden="true" />
      ) : (
        <Dot tone={asOf ? "ok" : "slate"} shape={asOf ? undefined : "ring"} />
      )}
      <span className={failed ? "warn" : ""}>
        {asOf === null
          ? "Not known yet"
          : failed
            ? `As of ${clockWords(asOf)}, ${ageWords(asOf, Date.now())}`
            : `As of ${clockWords(asOf)}`}
      </span>
      <span className="t3 right">
        {metrics?.source === "hydrolix" ? "from Hydrolix" : "from this workspace"}, every{" "}
        {refreshMs(metrics) / 1000} s
      </span>
    </div>
  );
}

function TileBox({ tile }: { tile: Tile }) {
  return (
    <div className="tile" data-testid={`metric-${tile.id}`}>
      <div className="lbl cut">{tile.title}</div>
      <div className={tile.known ? "v" : "v t3"} data-testid={`metric-${tile.id}-value`}>
        {tile.value}
      </div>
      <div className="f11 t3 cut" title={tile.note}>
        {tile.change && <b className="t2">{tile.change} </b>}
        {tile.note}
      </div>
    </div>
  );
}

function ReachBars({ reach }: { reach: readonly Reach[] }) {
  return (
    <dl className="reach">
      {reach.map(({ title, sessions, percent }) => (
        <div key={title} className="reach-line">
          <dt className="t2">{title}</dt>
          <dd className="bar" aria-hidden="true">
            <i style={{ width: `${percent}%` }} />
          </dd>
          <dd className="mono end">{grouped(sessions)}</dd>
          <dd className="mono t3 end">{percent} %</dd>
        </div>
      ))}
    </dl>
  );
}
