/** That clips are cut from preview flows, and the way to the best ones; above the plan. */

import { IconInfoCircle } from "@tabler/icons-react";
import type { JobView } from "../../backend/generated";
import { Bar, Button } from "../../design";
import { action, perform } from "../../keymap/actions";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { endedRelinks, lastRelink, previewCount, previewWords } from "../../state/links";
import { bytesWords, grouped } from "../../time/words";
import { progressWords } from "../jobs/words";
import { FailureNote } from "./FailureNote";
import { percent } from "./progress";

export function PreviewNotice() {
  const clips = useDesk((desk) => desk.sequence.clips);
  const jobs = useDesk((desk) => desk.jobs);
  const previews = previewCount(clips);
  const relink = lastRelink(jobs);
  if (previews === 0 && relink.kind === "none") return null;
  const { title } = action("link.best");
  return (
    <div className="plan-notice scroll" data-testid="preview-notice">
      {(previews > 0 || relink.kind === "running") && (
        <div className="row g8">
          <IconInfoCircle size={16} className="warn" aria-hidden="true" />
          <p className="grow" role="status">
            {previews > 0 && previewWords(previews, clips.length)}
          </p>
          {relink.kind === "running" && <Linking job={relink.job} />}
          {previews > 0 && (
            <Button
              kind="pri"
              size="sm"
              disabled={relink.kind === "running"}
              testId="use-best-flows"
              onClick={() => perform("link.best")}
            >
              {title}
            </Button>
          )}
        </div>
      )}
      {relink.kind === "failed" && (
        <FailureNote failure={relink.failure}>
          <Button
            size="sm"
            testId="relink-put-away"
            onClick={() => {
              // With it goes what failed before it.
              for (const { id } of endedRelinks(jobs)) void call("job_dismiss", { jobId: id });
            }}
          >
            Put away
          </Button>
        </FailureNote>
      )}
    </div>
  );
}

/** How far it is, and how to stop it. */
function Linking({ job }: { job: JobView }) {
  const done = percent(job.progress);
  const words =
    job.state.kind === "queued"
      ? "Waits for its turn"
      : progressWords(job.progress, grouped, bytesWords) || job.title;
  return (
    <>
      <span className="t2 f11" data-testid="relink-progress">
        {words}
      </span>
      <Bar part={done === null ? null : done / 100} label={job.title} width={120} />
      {job.cancellable && (
        <Button size="sm" onClick={() => void call("job_cancel", { jobId: job.id })}>
          Cancel
        </Button>
      )}
    </>
  );
}
