/** One code, large enough to be scanned from the screen, and what can be done with its sheet. */

import { IconCopy, IconExternalLink, IconFileTypePdf, IconFolder } from "@tabler/icons-react";
import type { JobView, SheetView } from "../../backend/generated";
import { Button, EmptyState, IconButton, Panel, PanelHeader } from "../../design";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { copyText } from "../plan/clipboard";
import { FailureNote } from "../plan/FailureNote";
import { CodeCheck } from "./CodeTable";
import { useChosenCompilation } from "./compilations";
import { useSheetDraft } from "./draft";
import { QrCode } from "./QrCode";

export function CodePanel({ job, sheet }: { job: JobView | undefined; sheet: SheetView | null }) {
  const compilation = useChosenCompilation();
  const problem = useDesk((desk) => desk.workspace?.playProblem ?? null);
  const chosen = useSheetDraft((draft) => draft.code);
  const code = sheet?.codes[chosen] ?? sheet?.codes[0];
  return (
    <Panel label="Code" className="code-panel">
      <PanelHeader title="Code" note={code?.placement ?? ""} />
      {!job || !sheet || !code ? (
        <EmptyState title="Nothing to scan yet">
          <p>The code is shown here in black on white: a phone can scan it from the screen.</p>
        </EmptyState>
      ) : (
        <>
          <div className="scroll grow-down code-body">
            <QrCode modules={code.modules} label={`Code for ${code.placement || code.id}`} />
            <div className="row g8">
              <CodeCheck code={code} />
              <span className="mono right selectable" data-testid="code-id">
                {code.id}
              </span>
            </div>
            <div className="row g4">
              <span
                className="mono f11 t2 cut grow selectable"
                title={code.url}
                data-testid="code-url"
              >
                {code.url}
              </span>
              <IconButton
                size="sm"
                label="Copy the link"
                onClick={() => void copyText(code.url, "The link")}
              >
                <IconCopy size={14} />
              </IconButton>
            </div>
            <p className="f11 t2">
              {sheet.local
                ? "Works on this network only, while this window is open."
                : "Works anywhere."}
            </p>
            {problem && <FailureNote failure={problem} />}
            {sheet.issues.map((issue) => (
              <p key={issue} className="warn f11">
                {issue}
              </p>
            ))}
          </div>
          <div className="code-acts">
            <Button
              size="lg"
              testId="open-pdf"
              onClick={() => void call("result_open", { jobId: job.id })}
            >
              <IconFileTypePdf size={16} aria-hidden="true" />
              Open PDF
            </Button>
            <Button
              size="lg"
              testId="show-in-folder"
              onClick={() => void call("result_reveal", { jobId: job.id })}
            >
              <IconFolder size={16} aria-hidden="true" />
              Show in folder
            </Button>
            {compilation && (
              <Button
                size="lg"
                testId="play-open"
                onClick={() => void call("play_open", { id: compilation.id })}
              >
                <IconExternalLink size={16} aria-hidden="true" />
                Open the play page
              </Button>
            )}
          </div>
        </>
      )}
    </Panel>
  );
}
