/** What runs and what came of it, newest first. */

import {
  IconChecklist,
  IconCloudDownload,
  IconFileImport,
  IconLink,
  IconPackage,
  IconPin,
  IconQrcode,
  IconRefresh,
  IconSend,
  IconX,
} from "@tabler/icons-react";
import type { JobKind, JobView } from "../../backend/generated";
import { Bar, Button, Chip, EmptyState, IconButton, Panel, PanelHeader } from "../../design";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { bytesWords, clockWords, durationWords, grouped } from "../../time/words";
import { FailureNote } from "../plan/FailureNote";
import { leftMs, percent } from "../plan/progress";
import "./jobs.css";
import { isActive, madeFile, outcomeWords, progressWords } from "./words";

const ICONS: Record<JobKind, typeof IconPackage> = {
  ingest: IconFileImport,
  compile: IconPackage,
  publish: IconSend,
  sheet: IconQrcode,
  sync: IconRefresh,
  fetch: IconCloudDownload,
  relink: IconLink,
  pin: IconPin,
};

export function JobsPanel() {
  const jobs = useDesk((desk) => desk.jobs);
  const active = jobs.filter(isActive).length;
  const finished = jobs.filter((job) => !isActive(job));
  return (
    <Panel label="Jobs" panel="side" testId="panel-side">
      <PanelHeader title="Jobs" note={active > 0 ? `${active} running` : `${jobs.length}`}>
        {finished.length > 0 && (
          <Button
            size="sm"
            kind="ghost"
            testId="jobs-clear"
            onClick={() => {
              for (const { id } of finished) void call("job_dismiss", { jobId: id });
            }}
          >
            Put all away
          </Button>
        )}
        <IconButton size="sm" label="Close" onClick={() => useView.getState().setSide(null)}>
          <IconX size={16} />
        </IconButton>
      </PanelHeader>
      {jobs.length === 0 ? (
        <EmptyState icon={<IconChecklist size={20} />} title="Nothing runs" testId="jobs-empty">
          <p>Ingests, compiles, publishes and sheets are listed here while they run and after.</p>
        </EmptyState>
      ) : (
        <ul className="scroll job-list">
          {jobs.map((job) => (
            <JobLine key={job.id} job={job} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function JobLine({ job }: { job: JobView }) {
  const Icon = ICONS[job.kind];
  const { state } = job;
  const active = isActive(job);
  const done = percent(job.progress);
  const left = leftMs(job.progress, job.elapsedMs);
  return (
    <li className="job" data-testid="job" data-state={state.kind}>
      <Icon size={16} className="t2" aria-hidden="true" />
      <div className="grow col g4">
        <div className="row g8">
          <span className="b5 cut grow">{job.title}</span>
          <StateWord job={job} />
        </div>
        {active ? (
          <>
            <Bar part={done === null ? null : done / 100} label={job.title} />
            <div className="f11 t2 cut">
              {state.kind === "queued"
                ? "Waits for its turn"
                : progressWords(job.progress, grouped, bytesWords)}
              {left === null ? "" : `, ${durationWords(left)} left`}
            </div>
          </>
        ) : (
          <div className="f11 t2">
            {outcomeWords(job, bytesWords)}
            <span className="t3">
              {" "}
              {clockWords(job.started, false)}, {durationWords(job.elapsedMs)}
            </span>
          </div>
        )}
        {state.kind === "failed" && <FailureNote failure={state.failure} />}
        {madeFile(job) && (
          <div className="row g4">
            <Button size="sm" onClick={() => void call("result_open", { jobId: job.id })}>
              {job.kind === "sheet" ? "Open PDF" : "Play the file"}
            </Button>
            <Button
              size="sm"
              kind="ghost"
              onClick={() => void call("result_reveal", { jobId: job.id })}
            >
              Show in folder
            </Button>
          </div>
        )}
      </div>
      {active ? (
        <IconButton
          size="sm"
          label={`Cancel ${job.title}`}
          disabled={!job.cancellable}
          onClick={() => void call("job_cancel", { jobId: job.id })}
        >
          <IconX size={14} />
        </IconButton>
      ) : (
        <IconButton
          size="sm"
          label={`Put away ${job.title}`}
          onClick={() => void call("job_dismiss", { jobId: job.id })}
        >
          <IconX size={14} />
        </IconButton>
      )}
    </li>
  );
}

function StateWord({ job }: { job: JobView }) {
  const done = percent(job.progress);
  switch (job.state.kind) {
    case "queued":
      return <Chip>In line</Chip>;
    case "running":
      return <span className="mono f11">{done === null ? "" : `${done} %`}</span>;
    case "done":
      return <Chip tone="ok">Done</Chip>;
    case "failed":
      return <Chip tone="error">Failed</Chip>;
    case "cancelled":
      return <Chip>Cancelled</Chip>;
  }
}
