/** Why something did not happen: code, cause, next step; it stays where the work was. */

import { IconAlertCircle, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { FailureView } from "../../backend/generated";
import { Button } from "../../design";
import { failureText } from "../../state/messages";
import { copyText } from "./clipboard";
import "./failure.css";

export function FailureNote({ failure, children }: { failure: FailureView; children?: ReactNode }) {
  return (
    <div className="failure-note" role="alert" data-testid="failure-note">
      <IconAlertCircle size={16} className="error" aria-hidden="true" />
      <div className="grow col g8 selectable">
        <div className="row g8 failure-head">
          <span className="b6 grow">{failure.title}</span>
          <span className="chip mono">{failure.code}</span>
        </div>
        <p className="t2">{failure.detail}</p>
        {failure.hint && <p className="t1">{failure.hint}</p>}
        <div className="row g8 failure-acts">
          {children}
          <Button
            kind="ghost"
            size="sm"
            onClick={() => void copyText(failureText(failure), "What happened")}
          >
            <IconCopy size={14} aria-hidden="true" />
            Copy details
          </Button>
        </div>
      </div>
    </div>
  );
}
