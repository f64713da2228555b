/** Stands before the picture while what is opened is fetched: how far that is, and a way to stop. */

import { IconCloudDownload } from "@tabler/icons-react";
import type { JobView, MonitorView } from "../../backend/generated";
import { Bar, Button } from "../../design";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { bytesWords, durationWords, grouped } from "../../time/words";
import { progressWords } from "../jobs/words";
import { leftMs, percent } from "../plan/progress";

/** What a monitor that opens something waits for; `null` while it waits for nothing. */
export function useFetching({ state }: MonitorView): JobView | null {
  return useDesk(({ jobs }) => (state === "opening" ? (jobs.find(isFetching) ?? null) : null));
}

export function Fetching({ view, job }: { view: MonitorView; job: JobView }) {
  const done = percent(job.progress);
  // A monitor's own window may not stop what the program does.
  const mayStop = useView((s) => s.alone === null);
  const left = leftMs(job.progress, job.elapsedMs);
  return (
    <div className="mon-fetching" role="status" data-testid={`fetching-${view.monitor}`}>
      <p className="row g8 b6">
        <IconCloudDownload size={16} className="t2" aria-hidden="true" />
        <span className="cut">{job.title}</span>
      </p>
      <Bar part={done === null ? null : done / 100} label={job.title} />
      <p className="row g8 f11 t2">
        <span className="cut grow">
          {progressWords(job.progress, grouped, bytesWords)}
          {left !== null && `, ${durationWords(left)} left`}
        </span>
        {mayStop && (
          <Button
            size="sm"
            disabled={!job.cancellable}
            label={`Stop: ${job.title}`}
            onClick={() => void call("job_cancel", { jobId: job.id })}
          >
            Stop
          </Button>
        )}
      </p>
    </div>
  );
}

function isFetching({ kind, state }: JobView): boolean {
  return kind === "fetch" && (state.kind === "running" || state.kind === "queued");
}
