/** All that checking the last file found, check by check and joint by joint; over the window. */

import { Modal } from "@mantine/core";
import { IconFileUnknown, IconHistory } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import type { VerifiedView } from "../../backend/generated";
import { Button, EmptyState } from "../../design";
import { action, perform } from "../../keymap/actions";
import { transport } from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { timecode } from "../../time/timecode";
import { count, grouped } from "../../time/words";
import type { Compile } from "./phase";
import { useLastCompile } from "./useLastCompile";
import { VerificationHead } from "./VerificationHead";
import { CheckTable, JointTable } from "./VerificationTables";
import "./verification.css";
import { checkRows, frameBefore, jointRows, noJointsLine, wantedRows } from "./verification";

type Done = Extract<Compile, { kind: "done" }>;

export function VerificationDialog() {
  const asked = useView((view) => view.verificationOpen);
  const last = useLastCompile();
  const done = last.kind === "done" ? last : null;
  const gone = done === null;
  useEffect(() => {
    if (asked && gone) close();
  }, [asked, gone]);
  return (
    <Modal
      opened={asked && !gone}
      onClose={close}
      // The window's own Escape closes what lies on top, and nothing else with it.
      closeOnEscape={false}
      title={<span className="f15 b6">Verification</span>}
      size={960}
      // It shrinks below a filter; its head stays where it is.
      centered={false}
      // Below the messages: what was copied is said there.
      zIndex={50}
    >
      {done && <Report done={done} />}
    </Modal>
  );
}

function Report({ done }: { done: Done }) {
  const { file, fits } = done;
  return (
    <div className="verification" data-testid="verification">
      <VerificationHead file={file} />
      {!fits && (
        <p className="row g8 warn" role="status" data-testid="verification-stale">
          <IconHistory size={16} aria-hidden="true" />
          This file is of an earlier edit. The monitor no longer shows its joints.
        </p>
      )}
      {file.verified ? (
        <Found done={done} verified={file.verified} />
      ) : (
        <EmptyState
          icon={<IconFileUnknown size={20} />}
          title="This file was not checked"
          testId="verification-unchecked"
        >
          <p>Compile again. Each new file is read back and checked.</p>
          <Button
            kind="pri"
            shortcut={action("plan.compile").keys[0]}
            testId="verification-compile"
            onClick={() => {
              close();
              perform("plan.compile");
            }}
          >
            Compile again
          </Button>
        </EmptyState>
      )}
    </div>
  );
}

function Found({ done, verified }: { done: Done; verified: VerifiedView }) {
  const { file, fits } = done;
  const startFrame = useDesk((desk) => desk.sequence.startFrame);
  const frameRate = useDesk((desk) => desk.sequence.frameRate);
  const [onlyFaults, setOnlyFaults] = useState(false);
  const allChecks = useMemo(() => checkRows(verified), [verified]);
  const allJoints = useMemo(
    () => jointRows(verified, file.frames, (frame) => timecode(startFrame + frame, frameRate)),
    [verified, file.frames, startFrame, frameRate],
  );
  const checks = useMemo(() => wantedRows(allChecks, onlyFaults), [allChecks, onlyFaults]);
  const joints = useMemo(() => wantedRows(allJoints, onlyFaults), [allJoints, onlyFaults]);
  const noJoints = noJointsLine(file);
  return (
    <>
      <div className="row g8">
        <button
          type="button"
          className={onlyFaults ? "chip accent" : "chip"}
          aria-pressed={onlyFaults}
          data-testid="only-faults"
          onClick={() => setOnlyFaults(!onlyFaults)}
        >
          Only what is not as planned
        </button>
        {fits && joints.length > 0 && (
          <span className="right t3 f11">Enter or a click shows the frame before a joint.</span>
        )}
      </div>
      <section className="part whole" aria-label="The whole file">
        <PartTitle
          title="The whole file"
          shown={checks.length}
          all={allChecks.length}
          one="check"
        />
        {checks.length > 0 ? (
          <CheckTable rows={checks} />
        ) : (
          <p className="t2 none">
            {allChecks.length > 0 ? "Every check is as planned." : "No check of the whole file."}
          </p>
        )}
      </section>
      <section className="part joints" aria-label="Joints">
        <PartTitle title="Joints" shown={joints.length} all={allJoints.length} one="joint" />
        {noJoints !== null && (
          <p className="t2 none" data-testid="no-joints">
            {noJoints}
          </p>
        )}
        {joints.length > 0 && <JointTable rows={joints} onShow={fits ? showJoint : undefined} />}
        {joints.length === 0 && allJoints.length > 0 && (
          <p className="t2 none" data-testid="no-faulty-joints">
            Every joint is as planned.
          </p>
        )}
      </section>
    </>
  );
}

function PartTitle(props: { title: string; shown: number; all: number; one: string }) {
  const { title, shown, all, one } = props;
  return (
    <div className="row g8">
      <h3 className="b6">{title}</h3>
      <span className="t3" role="status" data-testid={`${one}-count`}>
        {shown === all ? count(all, one) : `${grouped(shown)} of ${count(all, one)}`}
      </span>
    </div>
  );
}

function close(): void {
  useView.getState().setVerification(false);
}

/** In the record monitor, which gets the keys: one step on crosses the joint. */
function showJoint(frame: number): void {
  close();
  const view = useView.getState();
  view.setView("edit");
  view.setFocus("record");
  void transport("record", { kind: "seek", frame: frameBefore(frame) });
}
