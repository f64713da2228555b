/** What will appear in a monitor, and the act that fills it. */

import { IconMovie } from "@tabler/icons-react";
import type { MonitorName } from "../../backend/generated";
import { EmptyState, Key } from "../../design";
import { action } from "../../keymap/actions";
import { useView } from "../../state/view";

export function EmptyMonitor({ monitor }: { monitor: MonitorName }) {
  const alone = useView((s) => s.alone !== null);
  return (
    <div className="mon-empty">
      <EmptyState
        icon={<IconMovie size={20} />}
        title={monitor === "source" ? "No flow is open" : "Nothing to play yet"}
        testId={`empty-${monitor}`}
      >
        {alone ? <p>{ELSEWHERE[monitor]}</p> : <WayToFill monitor={monitor} />}
      </EmptyState>
    </div>
  );
}

/** In a monitor's own window, which has no key for it. */
const ELSEWHERE: Record<MonitorName, string> = {
  source: "The flow you choose in the main window appears here.",
  record: "What you put on the timeline in the main window plays here.",
};

function WayToFill({ monitor }: { monitor: MonitorName }) {
  return monitor === "source" ? (
    <p>
      The flow you choose in the browser appears here. Open it with <Key of="Enter" />
    </p>
  ) : (
    <p>
      What you put on the timeline plays here, exactly as it will be compiled. Append the marked
      part with <Key of={action("cut.append").keys[0] ?? ""} />
    </p>
  );
}
