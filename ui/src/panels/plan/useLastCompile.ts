/** The last compile as the desk knows it now. */

import { useDesk } from "../../state/desk";
import { useBegun } from "./begun";
import { type Compile, lastCompile } from "./phase";

export function useLastCompile(): Compile {
  const plan = useDesk((desk) => desk.plan);
  const jobs = useDesk((desk) => desk.jobs);
  const revision = useDesk((desk) => desk.sequence.revision);
  const begun = useBegun((begun) => begun.revisions);
  return lastCompile(jobs, plan, revision, begun);
}
