/** What checking the file came to, and which file it is. */

import { IconAlertCircle, IconCopy, IconRosetteDiscountCheck } from "@tabler/icons-react";
import { Button } from "../../design";
import { bytesWords, count, grouped, shareWords } from "../../time/words";
import { Fact } from "./CompileRunning";
import { copyText } from "./clipboard";
import { DigestFact } from "./DigestFact";
import type { Compiled } from "./phase";
import { digest, shortHash } from "./sums";
import { foundLine, reportJson, VERDICT_WORDS, verdictOf } from "./verification";

export function VerificationHead({ file }: { file: Compiled }) {
  const verdict = verdictOf(file);
  const { verified } = file;
  const part = (frames: number) => `${count(frames, "frame")}, ${shareWords(frames, file.frames)}`;
  return (
    <>
      <div className="row g12">
        <span className={verdict === "verified" ? "seal ok" : "seal error"} aria-hidden="true">
          {verdict === "verified" ? (
            <IconRosetteDiscountCheck size={20} />
          ) : (
            <IconAlertCircle size={20} />
          )}
        </span>
        <div className="grow">
          <h3 className="f15 b6" data-testid="verdict">
            {VERDICT_WORDS[verdict]}
          </h3>
          <div className="t2">
            {verified ? foundLine(verified) : "The file was written but not read back"}
          </div>
        </div>
        {verified && (
          <Button
            testId="copy-report"
            onClick={() => void copyText(reportJson(file), "The report")}
          >
            <IconCopy size={16} aria-hidden="true" />
            Copy as JSON
          </Button>
        )}
      </div>
      <dl className="facts">
        <Fact
          name="File"
          value={file.kept ? `${file.file}, ${bytesWords(file.bytes)}` : "Not kept"}
        />
        <Fact
          name="Frames"
          value={
            verified
              ? `${grouped(verified.frames)} counted of ${grouped(file.frames)} planned`
              : `${grouped(file.frames)} planned, not counted`
          }
        />
        {file.kept && (
          <DigestFact
            name="SHA-256"
            called="the SHA-256"
            value={digest(file.sha256)}
            full={file.sha256}
            testId="verification-sha256"
          />
        )}
        <Fact name="Copied" value={part(file.copiedFrames)} />
        <DigestFact
          name="Plan"
          called="the plan hash"
          value={shortHash(file.planHash)}
          full={file.planHash}
          testId="verification-plan"
        />
        <Fact name="Re-encoded" value={part(file.encodedFrames)} />
      </dl>
    </>
  );
}
