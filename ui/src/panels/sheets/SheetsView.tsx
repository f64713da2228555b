/** Printed codes: choose, print, look at the page as it will come out, scan from the screen. */

import { IconChevronLeft, IconChevronRight, IconQrcode } from "@tabler/icons-react";
import { backend } from "../../backend/backend";
import type { JobView, SheetView } from "../../backend/generated";
import { Bar, Button, EmptyState, IconButton, Panel, PanelHeader } from "../../design";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { bytesWords, clockWords, count, durationWords, grouped } from "../../time/words";
import { isActive, progressWords } from "../jobs/words";
import { FailureNote } from "../plan/FailureNote";
import { percent } from "../plan/progress";
import { CodePanel } from "./CodePanel";
import { CodeTable } from "./CodeTable";
import { useSheetDraft } from "./draft";
import { SheetForm } from "./SheetForm";
import "./sheets.css";

export function SheetsView() {
  const jobs = useDesk((desk) => desk.jobs);
  const shown = useSheetDraft((draft) => draft.shown);
  const sheets = jobs.filter(({ kind }) => kind === "sheet");
  const job = sheets.find(({ id }) => id === shown) ?? sheets[0];
  const sheet = job ? sheetOf(job) : null;
  return (
    <div className="sheets-view" data-testid="view-sheets">
      <SheetForm />
      <div className="sheet-middle">
        <Preview job={job} sheet={sheet} sheets={sheets} />
        {sheet && <CodeTable sheet={sheet} />}
      </div>
      <CodePanel job={job} sheet={sheet} />
    </div>
  );
}

function sheetOf(job: JobView): SheetView | null {
  const { state } = job;
  return state.kind === "done" && state.result.kind === "printed" ? state.result.sheet : null;
}

function Preview({
  job,
  sheet,
  sheets,
}: {
  job: JobView | undefined;
  sheet: SheetView | null;
  sheets: readonly JobView[];
}) {
  const draft = useSheetDraft();
  const pages = sheet?.previewPages ?? 0;
  const page = Math.min(draft.page, Math.max(0, pages - 1));
  const codesHere = sheet?.codes.filter((code) => code.page === page + 1).length ?? 0;
  return (
    <Panel label="Preview" className="preview">
      <PanelHeader title="Preview" note={sheet ? sheet.file : "as printed"}>
        {sheets.length > 1 && job && (
          <select
            className="field"
            aria-label="Sheet"
            value={job.id}
            onChange={(event) => draft.show(event.currentTarget.value)}
          >
            {sheets.map((one) => (
              <option key={one.id} value={one.id}>
                {clockWords(one.started)} {one.title}
              </option>
            ))}
          </select>
        )}
        {pages > 1 && (
          <>
            <IconButton
              size="sm"
              label="Page before"
              disabled={page === 0}
              onClick={() => draft.change({ page: page - 1 })}
            >
              <IconChevronLeft size={16} />
            </IconButton>
            <span className="mono f11">
              {page + 1} of {pages}
            </span>
            <IconButton
              size="sm"
              label="Next page"
              disabled={page >= pages - 1}
              onClick={() => draft.change({ page: page + 1 })}
            >
              <IconChevronRight size={16} />
            </IconButton>
          </>
        )}
      </PanelHeader>
      <div className="scroll preview-page">
        {!job && (
          <EmptyState icon={<IconQrcode size={20} />} title="No sheet yet" testId="sheets-empty">
            <p>
              Choose a compilation and a template, name the places, make the codes. The page appears
              here as it will be printed.
            </p>
          </EmptyState>
        )}
        {job && isActive(job) && <Printing job={job} />}
        {job?.state.kind === "failed" && (
          <div className="pad">
            <FailureNote failure={job.state.failure} />
          </div>
        )}
        {job?.state.kind === "cancelled" && (
          <EmptyState icon={<IconQrcode size={20} />} title="Cancelled">
            <p>No code was printed.</p>
          </EmptyState>
        )}
        {job && sheet && pages > 0 && (
          <figure>
            <img
              key={`${job.id}/${page}`}
              src={backend().sheetPageUrl(job.id, page + 1)}
              alt={`Page ${page + 1} of ${sheet.file}, ${count(codesHere, "code")}`}
              draggable={false}
              data-testid="sheet-page"
            />
            <figcaption className="f11 t2">
              Laid out in {shortTime(sheet.pdfMs)}, {count(sheet.codes.length, "code")} read back in{" "}
              {shortTime(sheet.verifyMs)}
            </figcaption>
          </figure>
        )}
      </div>
    </Panel>
  );
}

function shortTime(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : durationWords(ms);
}

function Printing({ job }: { job: JobView }) {
  const done = percent(job.progress);
  return (
    <div className="printing" role="status" data-testid="sheet-running">
      <span className="b6">{job.title}</span>
      <Bar part={done === null ? null : done / 100} label={job.title} width={240} />
      <span className="t2">
        {progressWords(job.progress, grouped, bytesWords) || "Waits for its turn"}
      </span>
      {job.cancellable && (
        <Button size="sm" onClick={() => void call("job_cancel", { jobId: job.id })}>
          Cancel
        </Button>
      )}
    </div>
  );
}
