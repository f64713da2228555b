/** Which edit each compile began at, and which publish belongs to which compile; of this session. */

import { create } from "zustand";
import { useDesk } from "../../state/desk";
import { isActive } from "../jobs/words";

interface Begun {
  /** Revision of the sequence by compile job. */
  readonly revisions: Readonly<Record<string, number>>;
  /** Publish job by compile job. */
  readonly publishes: Readonly<Record<string, string>>;
  notePublish(compileJob: string, publishJob: string): void;
}

export const useBegun = create<Begun>()((set, get) => ({
  revisions: {},
  publishes: {},
  notePublish(compileJob, publishJob) {
    set({ publishes: { ...get().publishes, [compileJob]: publishJob } });
  },
}));

// A failure does not say which edit it was of: that is noted when the job first appears.
useDesk.subscribe(({ jobs, sequence }) => {
  const { revisions } = useBegun.getState();
  const job = jobs.find((job) => job.kind === "compile" && isActive(job) && !(job.id in revisions));
  if (job) useBegun.setState({ revisions: { ...revisions, [job.id]: sequence.revision } });
});
