/** The cut plan before, during and after a compile; docked over the tracks. */

import { IconCheck, IconPackage, IconScissors, IconX } from "@tabler/icons-react";
import { useRef } from "react";
import type { PlanView } from "../../backend/generated";
import { Chip, EmptyState, IconButton, Key, Panel, PanelHeader } from "../../design";
import { action } from "../../keymap/actions";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { bytesWords, clockWords, durationWords } from "../../time/words";
import { CompileForm } from "./CompileForm";
import { CompileReport } from "./CompileReport";
import { CompileRunning } from "./CompileRunning";
import { FailureNote } from "./FailureNote";
import { PlanSums } from "./PlanSums";
import { PreviewNotice } from "./PreviewNotice";
import { type Compile, shownPlan } from "./phase";
import "./plan.css";
import { percent } from "./progress";
import { type SpanNews, SpanTable } from "./SpanTable";
import { useLastCompile } from "./useLastCompile";

export function PlanPanel() {
  const plan = useDesk((desk) => desk.plan);
  const title = useDesk((desk) => desk.sequence.title);
  const last = useLastCompile();
  const ready = shownPlan(plan);
  // While the next plan is on its way the last one stays, marked as such.
  const kept = useRef<PlanView | null>(null);
  if (ready) kept.current = ready;
  else if (plan.kind === "empty") kept.current = null;
  const shown = ready ?? (plan.kind === "planning" ? kept.current : null);

  return (
    <Panel label="Compile" testId="panel-plan" className="plan">
      <PanelHeader
        title={
          <span className="row g8">
            <IconPackage size={16} aria-hidden="true" />
            Compile
          </span>
        }
        note={
          <span className="row g8">
            <span className="cut">{title}</span>
            <StateChip last={last} planning={plan.kind === "planning"} />
          </span>
        }
      >
        <IconButton
          size="sm"
          label="Close"
          shortcut={action("escape").keys[0]}
          testId="plan-close"
          onClick={() => useView.getState().setCompileOpen(false)}
        >
          <IconX size={16} />
        </IconButton>
      </PanelHeader>
      <PreviewNotice />
      <div className="plan-body">
        {shown ? (
          <SpanTable plan={shown} news={newsOf(last, shown)} outdated={ready === null} />
        ) : (
          <NoPlan />
        )}
        {shown && <PlanSums plan={shown} took={tookWords(last)} />}
        {(shown || last.kind === "running") && (
          <Act last={last} plan={shown} canCompile={ready !== null} />
        )}
      </div>
    </Panel>
  );
}

function Act({
  last,
  plan,
  canCompile,
}: {
  last: Compile;
  plan: PlanView | null;
  canCompile: boolean;
}) {
  if (last.kind === "running") return <CompileRunning job={last.job} plan={plan} />;
  if (last.kind === "done" && last.fits) return <CompileReport done={last} />;
  return <CompileForm last={last} canCompile={canCompile} />;
}

function NoPlan() {
  const plan = useDesk((desk) => desk.plan);
  if (plan.kind === "failed") {
    return (
      <div className="plan-none scroll">
        <FailureNote failure={plan.failure} />
      </div>
    );
  }
  if (plan.kind === "planning") {
    return (
      <div className="plan-none" role="status">
        <p className="t2">Planning: reading the key frames of the clips</p>
      </div>
    );
  }
  return (
    <EmptyState
      icon={<IconScissors size={20} />}
      title="Nothing to compile yet"
      testId="plan-empty"
    >
      <p>
        Append a part to the timeline. Before anything runs, this shows which frames are copied and
        which are re-encoded.
      </p>
      <Key of={action("cut.append").keys[0] ?? "A"} />
    </EmptyState>
  );
}

function StateChip({ last, planning }: { last: Compile; planning: boolean }) {
  if (last.kind === "running") {
    const done = percent(last.job.progress);
    return <Chip tone="accent">{done === null ? "Compiling" : `Compiling, ${done} %`}</Chip>;
  }
  if (planning) return <Chip>Planning</Chip>;
  switch (last.kind) {
    case "none":
      return <Chip>Not compiled</Chip>;
    case "cancelled":
      return <Chip>Cancelled</Chip>;
    case "failed":
      return <Chip tone="error">Not compiled, failed</Chip>;
    case "done":
      break;
  }
  if (!last.fits) return <Chip tone="warn">Changed since it was compiled</Chip>;
  if (!last.verified) return <Chip tone="error">Not as planned</Chip>;
  return (
    <Chip tone="ok">
      <IconCheck size={12} aria-hidden="true" />
      Verified {clockWords(endOf(last))}
    </Chip>
  );
}

function endOf({ job }: Extract<Compile, { kind: "done" }>): string | null {
  const started = Date.parse(job.started);
  return Number.isNaN(started) ? null : new Date(started + job.elapsedMs).toISOString();
}

function newsOf(last: Compile, plan: PlanView): SpanNews {
  if (last.kind === "running") {
    const { progress } = last.job;
    const checking = progress !== null && /verif|check|done/i.test(progress.stage);
    const counted = progress?.unit === "frames" ? progress.done : 0;
    return { kind: "making", framesDone: checking ? plan.frames : counted };
  }
  if (last.kind === "done" && last.fits && last.file.verified) {
    return { kind: "verified", joints: last.file.verified.joints };
  }
  return { kind: "none" };
}

function tookWords(last: Compile): string | null {
  if (last.kind !== "done" || !last.fits) return null;
  const { elapsedMs } = last.job;
  const took = `Took ${durationWords(elapsedMs)}`;
  if (elapsedMs <= 0) return took;
  return `${took}, ${bytesWords(Math.round((last.file.bytes * 1000) / elapsedMs))}/s`;
}
