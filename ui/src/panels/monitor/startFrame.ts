/** Where the timecode of a monitor begins. */

import type { MonitorName } from "../../backend/generated";
import { useDesk } from "../../state/desk";

/** Timecode of frame 0, in frames. */
export function useStartFrame(monitor: MonitorName): number {
  return useDesk((s) => (monitor === "record" ? s.sequence.startFrame : 0));
}
