/** What still has to leave this machine, and why it has not. */

import {
  IconAlertCircle,
  IconCircleCheck,
  IconClock,
  IconCloudUpload,
  IconInbox,
  IconWifiOff,
  IconX,
} from "@tabler/icons-react";
import type { OutboxItem, WorkspaceView } from "../../backend/generated";
import { Button, EmptyState, IconButton, Panel, PanelHeader } from "../../design";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { clockWords } from "../../time/words";
import { isActive } from "../jobs/words";
import "./outbox.css";
import { ItemActions } from "./ItemActions";
import { emptyWords, outboxLine, waitingWords } from "./waiting";

export function OutboxPanel() {
  const items = useDesk((desk) => desk.outbox);
  const workspace = useDesk((desk) => desk.workspace);
  const sending = useDesk((desk) => desk.jobs.some((job) => job.kind === "sync" && isActive(job)));
  const offline = workspace?.offlineSince ?? null;
  return (
    <Panel label="Outbox" panel="side" testId="panel-side" className="outbox">
      <PanelHeader title="Outbox" note={outboxLine(items)}>
        <Button
          size="sm"
          kind="ghost"
          testId="outbox-send"
          disabled={items.length === 0 || sending}
          onClick={() => void call("sync_start", {})}
        >
          {sending ? "Sending" : "Send now"}
        </Button>
        <IconButton size="sm" label="Close" onClick={() => useView.getState().setSide(null)}>
          <IconX size={16} />
        </IconButton>
      </PanelHeader>
      {offline !== null && (
        <div className="row g12 outbox-offline" role="status">
          <IconWifiOff size={20} className="warn" aria-hidden="true" />
          <div className="grow">
            <div className="b6">Offline since {clockWords(offline, false)}</div>
            <div className="f11 t2">
              Work goes on. These are sent in order when the network is back.
            </div>
          </div>
        </div>
      )}
      {items.length === 0 ? (
        <Empty workspace={workspace} />
      ) : (
        <ol className="scroll grow-down">
          {items.map((item, index) => (
            <Item key={item.id} item={item} number={index + 1} />
          ))}
        </ol>
      )}
      {offline !== null && <WorksNow />}
    </Panel>
  );
}

function Empty({ workspace }: { workspace: WorkspaceView | null }) {
  const { title, text } = emptyWords(workspace);
  return (
    <EmptyState icon={<IconInbox size={20} />} title={title} testId="outbox-empty">
      <p>{text}</p>
    </EmptyState>
  );
}

function Item({ item, number }: { item: OutboxItem; number: number }) {
  const { tone, word, why } = waitingWords(item);
  const Icon = tone === "error" ? IconAlertCircle : IconCloudUpload;
  const look = { quiet: "", busy: "accent", warn: "", error: "error" }[tone];
  return (
    <li className="outbox-item" data-testid="outbox-item">
      <span className="mono t3 end">{number}</span>
      <Icon size={16} className={tone === "error" ? "error" : "t2"} aria-hidden="true" />
      <div className="grow">
        <div className="b5">{item.title}</div>
        {why && <div className="f11 t3">{why}</div>}
      </div>
      <div className="outbox-end">
        <span className={`chip ${look}`}>
          {tone !== "error" && <IconClock size={12} aria-hidden="true" />}
          {word}
        </span>
        <ItemActions item={item} />
      </div>
    </li>
  );
}

/** What does not need the network. */
function WorksNow() {
  const clips = useDesk((desk) => desk.sequence.clips);
  const here = clips.filter(({ problem }) => problem === null).length;
  const lines = [
    ["Edit, undo, save", "in this workspace"],
    [
      "Play and compile",
      clips.length === 0 ? "what is cached" : `${here} of ${clips.length} clips are cached`,
    ],
    ["Print sheets", "codes are made on this machine"],
  ];
  return (
    <section className="works-now" aria-label="What works now">
      <h3 className="ph">What works now</h3>
      {lines.map(([what, where]) => (
        <div key={what} className="row g8 line">
          <IconCircleCheck size={16} className="ok" aria-hidden="true" />
          <span className="b5">{what}</span>
          <span className="t3 cut">{where}</span>
        </div>
      ))}
    </section>
  );
}
