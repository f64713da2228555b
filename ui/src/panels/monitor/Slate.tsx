/** Stands where a picture is missing: what is missing, and the next step. */

import { IconCloudOff } from "@tabler/icons-react";
import type { MonitorView } from "../../backend/generated";

export function Slate({ view }: { view: MonitorView }) {
  const { problem, title, monitor } = view;
  return (
    <div className="mon-slate" role="status" data-testid={`slate-${monitor}`}>
      <div className="mon-slate-frame">
        <p className="mon-slate-kind">
          <IconCloudOff size={14} aria-hidden="true" />
          Slate
        </p>
        <h3>{problem?.title ?? title}</h3>
        {problem && (
          <>
            <p className="mono f11 mon-slate-detail selectable">{problem.detail}</p>
            <p className="f11 mon-slate-hint">{problem.hint}</p>
            <p className="mono f10 mon-slate-code selectable">{problem.code}</p>
          </>
        )}
      </div>
    </div>
  );
}
