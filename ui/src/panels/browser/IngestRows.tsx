/** Files that are on their way in, above the sources. */

import { IconAlertCircle, IconFileImport, IconX } from "@tabler/icons-react";
import type { JobView } from "../../backend/generated";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { bytesWords, grouped } from "../../time/words";
import { progressWords } from "../jobs/words";
import { percent } from "../plan/progress";

export function IngestRows() {
  const jobs = useDesk((desk) => desk.jobs);
  const shown = jobs.filter(
    ({ kind, state }) =>
      kind === "ingest" &&
      (state.kind === "running" || state.kind === "queued" || state.kind === "failed"),
  );
  if (shown.length === 0) return null;
  return (
    <ul className="ingests" aria-label="Files on their way in">
      {shown.map((job) => (
        <IngestRow key={job.id} job={job} />
      ))}
    </ul>
  );
}

function IngestRow({ job }: { job: JobView }) {
  const { state } = job;
  if (state.kind === "failed") {
    const { code, detail, hint } = state.failure;
    return (
      <li className="ingest failed" data-testid="ingest-row">
        <IconAlertCircle size={16} className="error" aria-hidden="true" />
        <div className="grow">
          <div className="nm cut">{job.title} failed</div>
          <div className="sb">{detail}</div>
          <div className="sb">{hint}</div>
          <div className="sb mono">{code}</div>
        </div>
        <button
          type="button"
          className="ib sm"
          aria-label="Put away"
          title="Put away"
          onClick={() => void call("job_dismiss", { jobId: job.id })}
        >
          <IconX size={14} aria-hidden="true" />
        </button>
      </li>
    );
  }
  const done = percent(job.progress);
  return (
    <li className="ingest" data-testid="ingest-row">
      <IconFileImport size={16} className="t2" aria-hidden="true" />
      <div className="grow">
        <div className="nm cut">{job.title}</div>
        <div className="sb cut">
          {state.kind === "queued"
            ? "Waits for its turn"
            : progressWords(job.progress, grouped, bytesWords) || "Reading"}
        </div>
        <div className="bar">
          <i style={{ width: `${done ?? 0}%` }} />
        </div>
      </div>
      <span className="mono f11">{done === null ? "" : `${done} %`}</span>
      {job.cancellable && (
        <button
          type="button"
          className="ib sm"
          aria-label={`Cancel ${job.title}`}
          title="Cancel"
          onClick={() => void call("job_cancel", { jobId: job.id })}
        >
          <IconX size={14} aria-hidden="true" />
        </button>
      )}
    </li>
  );
}
