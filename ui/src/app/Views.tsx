/** What the window shows between its two bars: the edit view with its splitters, sheets, metrics. */

import { useEffect } from "react";
import type { MonitorName } from "../backend/generated";
import { BrowserPanel } from "../panels/browser/BrowserPanel";
import { InspectorPanel } from "../panels/inspector/InspectorPanel";
import { JobsPanel } from "../panels/jobs/JobsPanel";
import { LessonPanel } from "../panels/lesson/LessonPanel";
import { MetricsPanel } from "../panels/metrics/MetricsPanel";
import { MetricsView } from "../panels/metrics/MetricsView";
import { MonitorPanel } from "../panels/monitor/MonitorPanel";
import { OutboxPanel } from "../panels/outbox/OutboxPanel";
import { PlanPanel } from "../panels/plan/PlanPanel";
import { SheetsView } from "../panels/sheets/SheetsView";
import { useDesk } from "../state/desk";
import { setShownFrame } from "../state/playhead";
import { type SidePanel, useView } from "../state/view";
import { TimelinePanel } from "../timeline/TimelinePanel";
import { arrange, GUTTER, sideSize } from "./layout";
import { Splitter } from "./Splitter";
import { useWindowSize } from "./useWindowSize";

export function Views() {
  const view = useView((s) => s.view);
  switch (view) {
    case "edit":
      return <EditView />;
    case "sheets":
      return (
        <main className="view" aria-label="Sheets">
          <SheetsView />
        </main>
      );
    case "metrics":
      return (
        <main className="view" aria-label="Metrics">
          <MetricsView />
        </main>
      );
  }
}

function EditView() {
  const window = useWindowSize();
  const sizes = useView((s) => s.sizes);
  const side = useView((s) => s.side);
  const compileOpen = useView((s) => s.compileOpen);
  const monitor = useView((s) => s.monitor);
  const now = arrange(sizes, side, window);
  useUndrawnFrame("source", now.oneMonitor && monitor !== "source");
  useUndrawnFrame("record", now.oneMonitor && monitor !== "record");
  const monitorsWidth = window.width - now.browser - now.side - GUTTER * (side === null ? 2 : 3);
  const columns = now.oneMonitor
    ? `${now.browser}px minmax(0, 1fr)`
    : `${now.browser}px minmax(0, ${now.source}fr) minmax(0, ${1000 - now.source}fr)`;

  const upper = (
    <div
      className="upper"
      style={{
        gridTemplateColumns: side !== null && !now.tallSide ? `${columns} ${now.side}px` : columns,
        height: now.monitors,
      }}
    >
      <div className="cell">
        <BrowserPanel />
        <Splitter
          name="browser"
          label="Width of the browser"
          window={window}
          axis="x"
          grows={1}
          className="after"
        />
      </div>
      {(!now.oneMonitor || monitor === "source") && (
        <div className="cell">
          <MonitorPanel monitor="source" />
          {!now.oneMonitor && (
            <Splitter
              name="source"
              label="Width of the source monitor"
              window={window}
              axis="x"
              grows={1}
              perPixel={1000 / Math.max(1, monitorsWidth)}
              className="after"
            />
          )}
        </div>
      )}
      {(!now.oneMonitor || monitor === "record") && (
        <div className="cell">
          <MonitorPanel monitor="record" />
        </div>
      )}
      {side !== null && !now.tallSide && <SideCell side={side} />}
    </div>
  );

  return (
    <main
      className="view edit"
      aria-label="Edit"
      style={{
        gridTemplateColumns: now.tallSide ? `minmax(0, 1fr) ${now.side}px` : "minmax(0, 1fr)",
      }}
    >
      <div className="work">
        {upper}
        <div className="lower">
          <Splitter
            name="monitors"
            label="Height of the monitors"
            window={window}
            axis="y"
            grows={1}
            className="before"
          />
          <div className="cell">
            <TimelinePanel />
          </div>
          {compileOpen && (
            <div className="docked" style={{ height: now.plan }}>
              <Splitter
                name="plan"
                label="Height of the compile panel"
                window={window}
                axis="y"
                grows={-1}
                className="before"
              />
              <PlanPanel />
            </div>
          )}
        </div>
      </div>
      {side !== null && now.tallSide && <SideCell side={side} />}
    </main>
  );
}

/** A monitor that is not on the screen draws nothing: its playhead follows the program instead. */
function useUndrawnFrame(monitor: MonitorName, undrawn: boolean): void {
  const frame = useDesk((s) => s[monitor].frame);
  useEffect(() => {
    if (undrawn) setShownFrame(monitor, frame);
  }, [monitor, undrawn, frame]);
}

function SideCell({ side }: { side: SidePanel }) {
  const window = useWindowSize();
  return (
    <div className="cell">
      <Splitter
        name={sideSize(side)}
        label="Width of the side panel"
        window={window}
        axis="x"
        grows={-1}
        className="before"
      />
      <Side side={side} />
    </div>
  );
}

function Side({ side }: { side: SidePanel }) {
  switch (side) {
    case "inspector":
      return <InspectorPanel />;
    case "metrics":
      return <MetricsPanel />;
    case "jobs":
      return <JobsPanel />;
    case "outbox":
      return <OutboxPanel />;
    case "lesson":
      return <LessonPanel />;
  }
}
