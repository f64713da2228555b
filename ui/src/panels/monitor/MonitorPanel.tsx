/** A monitor: its picture, where it stands, how it is moved, and how true it is. */

import type { MonitorName } from "../../backend/generated";
import { Panel } from "../../design";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { MonitorHeader } from "./MonitorHeader";
import "./monitor.css";
import { Picture } from "./Picture";
import { ScrubBar } from "./ScrubBar";
import { TransportRow } from "./TransportRow";
import { TruthLine } from "./TruthLine";

export interface MonitorPanelProps {
  monitor: MonitorName;
}

export function MonitorPanel({ monitor }: MonitorPanelProps) {
  const view = useDesk((s) => s[monitor]);
  const fills = useView((s) => s.filled === monitor);
  return (
    <Panel
      label={monitor === "source" ? "Source monitor" : "Record monitor"}
      panel={monitor}
      testId={`monitor-${monitor}`}
      className={fills ? "mon fills" : "mon"}
    >
      <MonitorHeader view={view} />
      <Picture view={view} />
      <ScrubBar view={view} />
      <TransportRow view={view} />
      <TruthLine view={view} />
    </Panel>
  );
}
