/** Views over time, who was still watching, and where, on what and from where they watched. */

import type { BreakdownView, MetricsView } from "../../backend/generated";
import { openFlow } from "../../state/act";
import { grouped } from "../../time/words";
import { barsOf, clockOf, curveOf, endOf, largestDrop } from "./plots";

export function Charts({ metrics }: { metrics: MetricsView }) {
  return (
    <>
      <Series metrics={metrics} />
      <RetentionChart metrics={metrics} />
      <Breakdown metrics={metrics} part="placements" title="Places" first="Place" codes />
      <Breakdown metrics={metrics} part="devices" title="Devices" first="Device" />
      <Breakdown metrics={metrics} part="countries" title="Countries" first="Country" />
    </>
  );
}

function Series({ metrics }: { metrics: MetricsView }) {
  const views = metrics.series.map(({ sessionViews }) => sessionViews);
  if (views.length === 0) return <Untold metrics={metrics} part="series" title="Views over time" />;
  const most = Math.max(0, ...views.map((value) => value ?? 0));
  return (
    <section aria-label="Views over time">
      <div className="row numbers-head">
        <h3 className="b6 grow">Views over time</h3>
        <span className="f11 t3">{grouped(most)} at most in a step</span>
      </div>
      <svg
        className="chart"
        viewBox="0 0 1000 100"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Session views in ${views.length} steps, ${most} at most`}
        data-testid="chart-series"
      >
        {barsOf(views).map(({ x, width, height, known }) => (
          <rect
            key={x}
            x={x}
            width={width}
            y={known ? 100 - Math.max(1, height) : 0}
            height={known ? Math.max(1, height) : 100}
            className={known ? "chart-bar" : "chart-unknown"}
          />
        ))}
      </svg>
    </section>
  );
}

function RetentionChart({ metrics }: { metrics: MetricsView }) {
  const points = metrics.retention;
  if (!points || points.length === 0) {
    return <Untold metrics={metrics} part="retention" title="Who was still watching" />;
  }
  const end = endOf(metrics);
  const drop = largestDrop(metrics);
  return (
    <section aria-label="Who was still watching">
      <div className="row numbers-head">
        <h3 className="b6 grow">Who was still watching</h3>
        {drop && (
          <span className="f11 t2" data-testid="largest-drop">
            {drop.percent} % left in “{drop.shot.title}” ({clockOf(drop.shot.atMs)}–
            {clockOf(drop.shot.endMs)})
          </span>
        )}
      </div>
      <svg
        className="chart"
        viewBox="0 0 1000 100"
        preserveAspectRatio="none"
        role="img"
        aria-label="Percent of viewers by position"
        data-testid="chart-retention"
      >
        <polyline className="chart-line" points={curveOf(points, end)} />
      </svg>
      {metrics.shots.length > 0 && (
        <div className="shots">
          {metrics.shots.map((shot) => (
            <button
              key={shot.atMs}
              type="button"
              className={shot === drop?.shot ? "shot worst cut" : "shot cut"}
              style={{ flexGrow: Math.max(1, shot.endMs - shot.atMs) }}
              disabled={shot.flowId === null}
              title={`${shot.title}, from ${clockOf(shot.atMs)}`}
              onClick={() => shot.flowId !== null && void openFlow(shot.flowId)}
            >
              {shot.title}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

interface BreakdownProps {
  metrics: MetricsView;
  part: "placements" | "devices" | "countries";
  title: string;
  first: string;
  codes?: boolean;
}

function Breakdown({ metrics, part, title, first, codes = false }: BreakdownProps) {
  const table: BreakdownView | null = metrics[part];
  if (!table) return <Untold metrics={metrics} part={part} title={title} />;
  const number = (value: number | null) => (value === null ? "—" : grouped(value));
  return (
    <section aria-label={title}>
      <h3 className="b6 numbers-head">{title}</h3>
      {table.rows.length === 0 ? (
        <p className="t3">None with enough viewers to be shown</p>
      ) : (
        <table className="breakdown">
          <thead>
            <tr className="t3 f11">
              <th>{first}</th>
              {codes && <th>Code</th>}
              <th className="end">Sessions</th>
              {codes && <th className="end">Scans</th>}
              {codes && <th className="end">Played</th>}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row) => (
              <tr key={`${row.title} ${row.code}`}>
                <td className="cut">{row.title || "not said"}</td>
                {codes && <td className="mono f11">{row.code ?? ""}</td>}
                <td className="mono end">{grouped(row.sessions)}</td>
                {codes && <td className="mono end">{number(row.scans)}</td>}
                {codes && (
                  <td className="mono end">
                    {row.scanToPlayPercent === null ? "—" : `${row.scanToPlayPercent} %`}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {table.hiddenRows > 0 && (
        <p className="f11 t3">{table.hiddenRows} more, of too few viewers to be shown</p>
      )}
    </section>
  );
}

/** What can't be told, and why: never a zero. */
function Untold({ metrics, part, title }: { metrics: MetricsView; part: string; title: string }) {
  const why = metrics.cannot.find((lack) => lack.part === part)?.why;
  return (
    <section aria-label={title}>
      <h3 className="b6 numbers-head">{title}</h3>
      <p className="t3">{why ? `Can’t be told: ${why}` : "— not known yet"}</p>
    </section>
  );
}
