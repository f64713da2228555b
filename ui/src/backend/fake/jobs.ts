/** Jobs of the fake: they run on timers, can be cancelled and end with a result or a failure. */
import type { Failure } from "../backend";
import type { JobKind, JobResult, JobView, ProgressView } from "../generated";

/** One stage of a job. */
export interface Stage {
  stage: string;
  total: number;
  unit: ProgressView["unit"];
  /** Bytes a unit. */
  bytes: number;
}

export interface Work {
  kind: JobKind;
  title: string;
  stages: Stage[];
  /** Milliseconds that all of it takes. */
  lasts: number;
  /** What it ends with; throws a failure. */
  finish(): JobResult;
  /** Ends it with a failure in the middle. */
  fails?: Failure;
}

const TICK_MS = 50;

export class FakeJobs {
  private readonly jobs = new Map<
    string,
    { view: JobView; timer: ReturnType<typeof setInterval> }
  >();
  private number = 0;

  constructor(
    private readonly now: () => Date,
    private readonly changed: (job: JobView) => void,
  ) {}

  list(): JobView[] {
    return [...this.jobs.values()].map(({ view }) => view).reverse();
  }

  get(id: string): JobView | undefined {
    return this.jobs.get(id)?.view;
  }

  start(work: Work): string {
    this.number += 1;
    const id = `job-${this.number}`;
    const view: JobView = {
      id,
      kind: work.kind,
      title: work.title,
      state: { kind: "running" },
      progress: progressAt(work, 0),
      started: this.now().toISOString(),
      elapsedMs: 0,
      cancellable: true,
    };
    const timer = setInterval(() => this.advance(id, work), TICK_MS);
    this.jobs.set(id, { view, timer });
    this.changed(view);
    return id;
  }

  cancel(id: string): boolean {
    const job = this.jobs.get(id);
    if (job?.view.state.kind !== "running") return false;
    this.end(id, { kind: "cancelled" });
    return true;
  }

  dismiss(id: string): boolean {
    const job = this.jobs.get(id);
    if (!job || job.view.state.kind === "running") return false;
    return this.jobs.delete(id);
  }

  private advance(id: string, work: Work): void {
    const job = this.jobs.get(id);
    if (!job) return;
    const elapsedMs = job.view.elapsedMs + TICK_MS;
    const part = elapsedMs / work.lasts;
    job.view = { ...job.view, elapsedMs, progress: progressAt(work, Math.min(1, part)) };
    if (work.fails && part >= 0.5) this.end(id, { kind: "failed", failure: work.fails });
    else if (part < 1) this.changed(job.view);
    else this.end(id, { kind: "done", result: work.finish() });
  }

  private end(id: string, state: JobView["state"]): void {
    const job = this.jobs.get(id);
    if (!job) return;
    clearInterval(job.timer);
    job.view = { ...job.view, state, cancellable: false };
    this.changed(job.view);
  }
}

/** Where a job stands after a share of its time; stages take equal shares. */
function progressAt({ stages }: Work, part: number): ProgressView | null {
  const at = Math.min(stages.length - 1, Math.floor(part * stages.length));
  const stage = stages[at];
  if (!stage) return null;
  const inside = Math.min(1, part * stages.length - at);
  const done = Math.floor(stage.total * inside);
  return {
    stage: stage.stage,
    done,
    total: stage.total,
    unit: stage.unit,
    bytes: done * stage.bytes,
  };
}
