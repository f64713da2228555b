/** From a verified file to a link that plays. */

import { IconCopy, IconExternalLink, IconQrcode, IconSend } from "@tabler/icons-react";
import { useEffect, useId, useState } from "react";
import { Bar, Button, IconButton } from "../../design";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { bytesWords, count, grouped } from "../../time/words";
import { progressWords } from "../jobs/words";
import { useCompilations } from "../sheets/compilations";
import { useBegun } from "./begun";
import { copyText } from "./clipboard";
import { FailureNote } from "./FailureNote";
import { type Compile, type Publish, publishOf } from "./phase";
import { percent } from "./progress";

/** Letters of a title. */
const LONGEST_TITLE = 200;

export function PublishPart({ compile }: { compile: Extract<Compile, { kind: "done" }> }) {
  const { file, job } = compile;
  const jobs = useDesk((desk) => desk.jobs);
  const sequenceTitle = useDesk((desk) => desk.sequence.title);
  const publishJob = useBegun((begun) => begun.publishes[job.id]);
  const { list } = useCompilations();
  const publish = publishOf(file, jobs, publishJob, list);
  const [title, setTitle] = useState(sequenceTitle);
  const [asked, setAsked] = useState(false);
  const field = useId();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another file begins with its own title
  useEffect(() => setTitle(sequenceTitle), [job.id]);

  const start = async () => {
    setAsked(true);
    const started = await call("publish_start", { jobId: job.id, title: title.trim() });
    setAsked(false);
    if (started !== undefined) useBegun.getState().notePublish(job.id, started);
  };

  if (publish.kind === "done") return <Published publish={publish} />;
  if (publish.kind === "running") {
    const done = percent(publish.job.progress);
    return (
      <div className="publish" data-testid="publish-running">
        <div className="row g8">
          <span className="grow t2">
            {progressWords(publish.job.progress, grouped, bytesWords) || "Publishing"}
          </span>
          <span className="mono">{done === null ? "" : `${done} %`}</span>
          {publish.job.cancellable && (
            <Button size="sm" onClick={() => void call("job_cancel", { jobId: publish.job.id })}>
              Cancel
            </Button>
          )}
        </div>
        <Bar part={done === null ? null : done / 100} label={publish.job.title} />
      </div>
    );
  }
  return (
    <form
      className="publish"
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim() && !asked) void start();
      }}
    >
      {publish.kind === "failed" && <FailureNote failure={publish.failure} />}
      <div className="row g12">
        <label className="lbl form-label" htmlFor={field}>
          Title
        </label>
        <input
          id={field}
          className="field grow"
          type="text"
          value={title}
          maxLength={LONGEST_TITLE}
          data-testid="publish-title"
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Button
          kind="pri"
          testId="publish"
          disabled={!title.trim() || asked}
          onClick={() => void start()}
        >
          <IconSend size={16} aria-hidden="true" />
          {publish.kind === "failed" ? "Try again" : "Publish"}
        </Button>
      </div>
      {!title.trim() && <p className="error f11">People see the title: give it one</p>}
    </form>
  );
}

function Published({ publish }: { publish: Extract<Publish, { kind: "done" }> }) {
  const workspace = useDesk((desk) => desk.workspace);
  const { compilationId, playUrl, queued, issues } = publish;
  const toSheets = () => {
    const view = useView.getState();
    view.setCompilation(compilationId);
    view.setView("sheets");
  };
  return (
    <div className="publish" data-testid="published">
      <div className="row g4">
        <span className="chip ok">Published</span>
        <span className="mono cut grow selectable" title={playUrl} data-testid="play-url">
          {playUrl}
        </span>
        <IconButton
          size="sm"
          label="Copy the play link"
          onClick={() => void copyText(playUrl, "The play link")}
        >
          <IconCopy size={14} />
        </IconButton>
        <IconButton
          size="sm"
          label="Open the play page"
          testId="play-open"
          onClick={() => void call("play_open", { id: compilationId })}
        >
          <IconExternalLink size={14} />
        </IconButton>
      </div>
      {workspace?.playLocal && <p className="t3 f11">The link works on this network only.</p>}
      {queued > 0 && <p className="warn f11">{count(queued, "entry", "entries")} in the outbox</p>}
      {issues.map((issue) => (
        <p key={issue} className="warn f11">
          {issue}
        </p>
      ))}
      {workspace?.playProblem && <FailureNote failure={workspace.playProblem} />}
      <div className="row g8 end-acts">
        <Button kind="pri" testId="make-sheet" onClick={toSheets}>
          <IconQrcode size={16} aria-hidden="true" />
          Print a code
        </Button>
      </div>
    </div>
  );
}
