/** Stands where the picture was while the monitor has a window of its own. */

import { IconExternalLink } from "@tabler/icons-react";
import type { MonitorName, WindowDeed } from "../../backend/generated";
import { Button } from "../../design";
import * as act from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";

/** The picture of a monitor is in another window than this one. */
export function useAway(monitor: MonitorName): boolean {
  const alone = useView((s) => s.alone);
  return useDesk((s) => s.detached.includes(monitor)) && alone !== monitor;
}

export function Away({ monitor }: { monitor: MonitorName }) {
  const ask = (deed: WindowDeed) => void act.call("monitor_window", { monitor, deed });
  return (
    <div className="mon-away" role="status" data-testid={`away-${monitor}`}>
      <IconExternalLink size={24} aria-hidden="true" />
      <p>The {monitor} monitor has its own window.</p>
      <div className="row g8">
        <Button onClick={() => ask("attach")} testId="bring-back">
          Bring it back
        </Button>
        <Button kind="ghost" onClick={() => ask("detach")}>
          Show it
        </Button>
      </div>
    </div>
  );
}
