/** What a monitor shows, by name and version, and how much of the window it has. */

import { IconArrowBackUp, IconExternalLink, IconMaximize, IconMinimize } from "@tabler/icons-react";
import type { MonitorName, MonitorView, PlanState } from "../../backend/generated";
import { ActionIcon, Chip, PanelHeader } from "../../design";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { OverlayMenu } from "./OverlayMenu";
import { useMonitorStats } from "./stats";

export function MonitorHeader({ view }: { view: MonitorView }) {
  const { generation } = useMonitorStats(view.monitor);
  // The picture of what was loaded before stays until the first of the new one is drawn.
  const isBehind =
    view.state === "opening" ||
    (view.state === "ready" && generation !== null && generation !== view.generation);
  return (
    <PanelHeader title={view.monitor === "source" ? "Source" : "Record"} note={view.title}>
      {isBehind && <Chip>Opening</Chip>}
      {view.monitor === "source" ? <SizeChip view={view} /> : <PlanChip />}
      <WindowButton monitor={view.monitor} />
      <FillButton monitor={view.monitor} />
      <OverlayMenu monitor={view.monitor} />
    </PanelHeader>
  );
}

/** The monitor gets a window of its own, or goes back into the main one. */
function WindowButton({ monitor }: { monitor: MonitorName }) {
  const alone = useView((s) => s.alone !== null);
  return (
    <ActionIcon
      id="monitor.window"
      before={() => useView.getState().setFocus(monitor)}
      size="sm"
      testId="own-window"
    >
      {alone ? <IconArrowBackUp size={16} /> : <IconExternalLink size={16} />}
    </ActionIcon>
  );
}

/** The monitor gets the whole window; its own window gets the whole screen. */
function FillButton({ monitor }: { monitor: MonitorName }) {
  const fills = useView((s) => s.filled === monitor);
  const alone = useView((s) => s.alone !== null);
  if (alone) {
    return (
      <ActionIcon id="monitor.screen" size="sm" testId="full-screen">
        <IconMaximize size={16} />
      </ActionIcon>
    );
  }
  return (
    <ActionIcon
      id="monitor.fill"
      before={() => useView.getState().setFocus(monitor)}
      on={fills}
      size="sm"
      testId="fill"
    >
      {fills ? <IconMinimize size={16} /> : <IconMaximize size={16} />}
    </ActionIcon>
  );
}

function SizeChip({ view: { state, width, height } }: { view: MonitorView }) {
  if (state === "empty" || width === 0 || height === 0) return null;
  return <Chip>{width >= height ? `${height}p` : `${width}×${height}`}</Chip>;
}

/** The record monitor plays the cut plan, not the clips: what is seen is what is compiled. */
function PlanChip() {
  const chip = planChip(useDesk((s) => s.plan));
  return chip && <Chip tone={chip.tone}>{chip.word}</Chip>;
}

/** The word for the state of the plan; none while there is nothing to plan. */
export function planChip(plan: PlanState): { word: string; tone: "accent" | "error" } | null {
  switch (plan.kind) {
    case "empty":
      return null;
    case "planning":
      return { word: "Planning", tone: "accent" };
    case "ready":
      return { word: "Cut plan", tone: "accent" };
    case "failed":
      return { word: "No cut plan", tone: "error" };
  }
}
