/** What a finished compile made, what checking it found, and the way on to a play link. */

import {
  IconAlertCircle,
  IconFolder,
  IconListCheck,
  IconRefresh,
  IconRosetteDiscountCheck,
} from "@tabler/icons-react";
import { Button, IconButton } from "../../design";
import { perform } from "../../keymap/actions";
import { call } from "../../state/act";
import { bytesWords, count, grouped } from "../../time/words";
import { Fact } from "./CompileRunning";
import { DigestFact } from "./DigestFact";
import { FactWith } from "./FactWith";
import { PublishPart } from "./PublishPart";
import type { Compile } from "./phase";
import { digest } from "./sums";
import { innerJoints } from "./verification";

type Done = Extract<Compile, { kind: "done" }>;

/** So many faults are named here; the report names them all. */
const NAMED = 4;

function KeptFile({ file, jobId }: { file: Done["file"]; jobId: string }) {
  return (
    <>
      <FactWith name="File" value={file.file} testId="compiled-file">
        <IconButton
          size="sm"
          label="Show in the folder"
          onClick={() => void call("result_reveal", { jobId })}
        >
          <IconFolder size={14} />
        </IconButton>
      </FactWith>
      <DigestFact
        name="SHA-256"
        called="the SHA-256"
        value={digest(file.sha256)}
        full={file.sha256}
        testId="compiled-sha256"
      />
    </>
  );
}

export function CompileReport({ done }: { done: Done }) {
  const { file, job, verified } = done;
  const joints = file.verified?.joints ?? [];
  const inner = innerJoints(file);
  const checks = file.verified?.checks ?? [];
  const faults = [...checks, ...joints].filter(({ ok }) => !ok);
  const good = inner.filter(({ ok }) => ok).length;
  const title = verified
    ? `Verified, ${good} of ${count(inner.length, "joint")}`
    : file.verified
      ? "Not as planned"
      : "Not checked";
  const sound = checks.find((check) => check.title.startsWith("sound"));
  return (
    <div className="plan-act scroll" data-testid="compile-report">
      <div className="row g12">
        <span className={verified ? "seal ok" : "seal error"} aria-hidden="true">
          {verified ? <IconRosetteDiscountCheck size={20} /> : <IconAlertCircle size={20} />}
        </span>
        <div className="grow">
          <h3 className="f15 b6" data-testid="verified">
            {title}
          </h3>
          <div className="t2">
            {verified
              ? `${grouped(file.copiedFrames)} copied frames are byte-identical`
              : (faults[0]?.detail ?? "The file was written but not read back.")}
          </div>
        </div>
        <IconButton
          size="sm"
          label="Compile again"
          onClick={() => perform("plan.compile")}
          testId="compile-again"
        >
          <IconRefresh size={16} />
        </IconButton>
      </div>
      <dl className="facts">
        {file.kept ? (
          <KeptFile file={file} jobId={job.id} />
        ) : (
          <Fact name="File" value="Not kept: it is not what the plan says" />
        )}
        <Fact
          name="Frames"
          value={
            file.verified
              ? `${grouped(file.verified.frames)} of ${grouped(file.frames)}, ${bytesWords(file.bytes)}`
              : `${grouped(file.frames)}, ${bytesWords(file.bytes)}`
          }
        />
        {sound && <Fact name="Sound" value={sound.detail} />}
      </dl>
      {faults.length > 0 && (
        <ul className="faults selectable" aria-label="What is not as planned">
          {faults.slice(0, NAMED).map(({ title, frame, detail }) => (
            <li key={`${title} ${frame}`}>
              <b className="error b6">{title}</b>
              {frame === null ? "" : `, frame ${grouped(frame)}`}: {detail}
            </li>
          ))}
          {faults.length > NAMED && (
            <li className="t2">and {grouped(faults.length - NAMED)} more</li>
          )}
        </ul>
      )}
      {checks.length > 0 && faults.length === 0 && (
        <details className="checks">
          <summary className="t2">{checks.length} checks of the whole file</summary>
          <ul>
            {checks.map(({ title, detail }) => (
              <li key={title} className="t2">
                <b className="b5 t1">{title}</b> {detail}
              </li>
            ))}
          </ul>
        </details>
      )}
      <div className="row">
        <Button size="sm" testId="open-verification" onClick={() => perform("verification.open")}>
          <IconListCheck size={14} aria-hidden="true" />
          All checks
        </Button>
      </div>
      {verified && <PublishPart compile={done} />}
    </div>
  );
}
