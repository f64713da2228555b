/** Where the compile stands: one state out of the plan, the jobs and what was published. */

import type {
  CompilationView,
  FailureView,
  JobResult,
  JobView,
  PlanState,
  PlanView,
} from "../../backend/generated";

/** What a finished compile made. */
export type Compiled = Extract<JobResult, { kind: "compiled" }>;

/** The last compile, as it matters to the panel. */
export type Compile =
  /** Nothing was compiled, or it was cancelled or put away. */
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly job: JobView }
  | { readonly kind: "cancelled"; readonly job: JobView }
  | { readonly kind: "failed"; readonly job: JobView; readonly failure: FailureView }
  /** `fits`: the file is of the plan that is shown. */
  | {
      readonly kind: "done";
      readonly job: JobView;
      readonly file: Compiled;
      readonly fits: boolean;
      /** Everything in the file was found as planned. */
      readonly verified: boolean;
    };

/** The plan that the table shows; `null` while there is none for this revision. */
export function shownPlan(plan: PlanState): PlanView | null {
  return plan.kind === "ready" ? plan.plan : null;
}

/**
 * The newest compile (`jobs` are newest first). A compile that failed or was cancelled before
 * `revision` is of no interest any more: `begun` tells at which revision each began.
 */
export function lastCompile(
  jobs: readonly JobView[],
  plan: PlanState,
  revision: number,
  begun: Readonly<Record<string, number>>,
): Compile {
  const job = jobs.find(({ kind }) => kind === "compile");
  if (!job) return { kind: "none" };
  const earlier = (begun[job.id] ?? revision) !== revision;
  const { state } = job;
  switch (state.kind) {
    case "queued":
    case "running":
      return { kind: "running", job };
    case "cancelled":
      return earlier ? { kind: "none" } : { kind: "cancelled", job };
    case "failed":
      return earlier ? { kind: "none" } : { kind: "failed", job, failure: state.failure };
    case "done":
      if (state.result.kind !== "compiled") return { kind: "none" };
      return {
        kind: "done",
        job,
        file: state.result,
        fits: fits(state.result, plan, revision),
        verified: state.result.verified?.ok === true,
      };
  }
}

/**
 * A revision never comes again, so a file of this one fits whatever mode it was compiled in, though
 * the plan that is shown is that of Auto. An undo leads back to a plan under a new revision; then
 * the plan's hash decides.
 */
function fits(file: Compiled, plan: PlanState, revision: number): boolean {
  const shown = shownPlan(plan);
  return (
    file.revision === revision || (shown?.revision === revision && file.planHash === shown.hash)
  );
}

/** The compilation whose bytes are this file. */
export function publishedAs(
  file: Compiled,
  compilations: readonly CompilationView[],
): CompilationView | undefined {
  return compilations.find(({ sha256 }) => sha256 === file.sha256);
}

/** Where the publish of a file stands. */
export type Publish =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly job: JobView }
  | { readonly kind: "failed"; readonly job: JobView; readonly failure: FailureView }
  | {
      readonly kind: "done";
      readonly compilationId: string;
      readonly playUrl: string;
      /** Entries that still have to reach a remote. */
      readonly queued: number;
      readonly issues: readonly string[];
    };

/** Of the publish job that was started here for the file, else of what is published. */
export function publishOf(
  file: Compiled,
  jobs: readonly JobView[],
  publishJob: string | undefined,
  compilations: readonly CompilationView[],
): Publish {
  const job = jobs.find(({ id }) => id === publishJob);
  if (job?.state.kind === "queued" || job?.state.kind === "running") {
    return { kind: "running", job };
  }
  if (job?.state.kind === "failed") return { kind: "failed", job, failure: job.state.failure };
  if (job?.state.kind === "done" && job.state.result.kind === "published") {
    const { compilationId, playUrl, queued, issues } = job.state.result;
    return { kind: "done", compilationId, playUrl, queued, issues };
  }
  const known = publishedAs(file, compilations);
  if (!known) return { kind: "none" };
  return { kind: "done", compilationId: known.id, playUrl: known.playUrl, queued: 0, issues: [] };
}
