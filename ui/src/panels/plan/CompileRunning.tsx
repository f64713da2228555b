/** How far the compile is, and how to stop it. */

import { IconSquare } from "@tabler/icons-react";
import type { JobView, PlanView } from "../../backend/generated";
import { Bar, Button } from "../../design";
import { call } from "../../state/act";
import { bytesWords, durationWords, grouped } from "../../time/words";
import { progressWords } from "../jobs/words";
import { byteRate, leftMs, percent } from "./progress";

export function CompileRunning({ job, plan }: { job: JobView; plan: PlanView | null }) {
  const { progress, elapsedMs } = job;
  const done = percent(progress);
  const left = leftMs(progress, elapsedMs);
  const rate = byteRate(progress, elapsedMs);
  const queued = job.state.kind === "queued";
  const whole = plan && progress?.bytes ? ` of about ${bytesWords(plan.bytes)}` : "";
  return (
    <div className="plan-act scroll" data-testid="compile-running">
      <div className="row baseline">
        <span className="big" data-testid="compile-percent">
          {queued ? "In line" : done === null ? "Under way" : `${done} %`}
        </span>
        <span className="right mono t2">{left === null ? "" : `${durationWords(left)} left`}</span>
      </div>
      <Bar part={done === null ? null : done / 100} label={job.title} />
      <dl className="facts">
        <Fact
          name="Now"
          value={
            queued ? "Waits for the compile before" : progressWords(progress, grouped, bytesWords)
          }
        />
        <Fact name="Written" value={progress?.bytes ? bytesWords(progress.bytes) + whole : "—"} />
        <Fact name="Rate" value={rate === null ? "—" : `${bytesWords(rate)}/s`} />
        <Fact name="Running for" value={durationWords(elapsedMs)} />
      </dl>
      <div className="row g12 acts">
        <Button
          size="lg"
          disabled={!job.cancellable}
          testId="compile-cancel"
          onClick={() => void call("job_cancel", { jobId: job.id })}
        >
          <IconSquare size={16} aria-hidden="true" />
          Cancel compile
        </Button>
        <span className="t3 f11 grow">Earlier files stay until this one is verified.</span>
      </div>
    </div>
  );
}

export function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className="row fact">
      <dt className="lbl">{name}</dt>
      <dd className="mono cut" title={value}>
        {value}
      </dd>
    </div>
  );
}
