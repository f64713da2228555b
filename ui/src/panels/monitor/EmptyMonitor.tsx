/** What will appear in a monitor, and the act that fills it. */

import { IconMovie } from "@tabler/icons-react";
import type { MonitorName } from "../../backend/generated";
import { EmptyState, Key } from "../../design";
import { action } from "../../keymap/actions";

export function EmptyMonitor({ monitor }: { monitor: MonitorName }) {
  return (
    <div className="mon-empty">
      <EmptyState
        icon={<IconMovie size={20} />}
        title={monitor === "source" ? "No flow is open" : "Nothing to play yet"}
        testId={`empty-${monitor}`}
      >
        {monitor === "source" ? (
          <p>
            The flow you choose in the browser appears here. Open it with <Key of="Enter" />
          </p>
        ) : (
          <p>
            What you put on the timeline plays here, exactly as it will be compiled. Append the
            marked part with <Key of={action("cut.append").keys[0] ?? ""} />
          </p>
        )}
      </EmptyState>
    </div>
  );
}
