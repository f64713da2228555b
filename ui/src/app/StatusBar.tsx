/** The bottom of the window: workspace, connection, outbox, errors; jobs and cache at the right. */
import {
  IconAlertCircle,
  IconDatabase,
  IconFolder,
  IconSend,
  IconWifiOff,
} from "@tabler/icons-react";
import { Bar, Dot } from "../design";
import { perform } from "../keymap/actions";
import { showConnection } from "../keymap/deeds";
import { useDesk } from "../state/desk";
import { failuresOf, useMessages } from "../state/messages";
import { rateWords } from "../time/timecode";
import { bytesWords, clockWords, count } from "../time/words";
import { connectionsLine, jobLine, runningJob, storeWords } from "./status";

export function StatusBar() {
  const workspace = useDesk((s) => s.workspace);
  const outbox = useDesk((s) => s.outbox);
  const failures = useMessages((s) => failuresOf(s.messages).length);
  const format = useDesk((s) => (s.sequence.clips.length > 0 ? formatWords(s.record) : ""));
  if (!workspace) return null;
  const { stores, offlineSince } = workspace;
  const connections = connectionsLine(workspace.connections, Date.now());
  return (
    <footer className="statusbar" data-testid="statusbar">
      <span className="it">
        <IconFolder size={14} /> {workspace.name}
      </span>
      {connections && (
        <button
          type="button"
          className="it"
          title={connections.tip}
          onClick={() => showConnection(connections.name)}
          data-testid="open-connections"
        >
          <span className={`row ${connections.tone}`}>
            <Dot tone={connections.tone} shape={connections.shape} />
          </span>
          <span className="sr">TAMS servers: </span>
          {connections.words}
        </button>
      )}
      {offlineSince === null && (stores.length > 0 || !connections) && (
        <span className="it">
          <Dot tone="ok" /> {storeWords(stores)}
          {stores.length === 0 && <span className="t3">no account, no network needed</span>}
        </span>
      )}
      {offlineSince !== null && (
        <span className="it warn">
          <IconWifiOff size={14} /> Offline since {clockWords(offlineSince, false)}
        </span>
      )}
      <button
        type="button"
        className="it"
        onClick={() => perform("side.outbox")}
        data-testid="open-outbox"
      >
        <IconSend size={14} /> Outbox: {outbox.length === 0 ? "empty" : `${outbox.length} waiting`}
      </button>
      {failures > 0 && (
        <span className="it error" data-testid="error-count">
          <IconAlertCircle size={14} /> {count(failures, "error")}
        </span>
      )}
      <span className="grow" />
      <RunningJob />
      <span className="it">
        <IconDatabase size={14} /> Cache {bytesWords(workspace.mediaBytes)}
        <span className="t3">{bytesWords(workspace.freeBytes)} free</span>
      </span>
      {format !== "" && <span className="it t3">{format}</span>}
      {format === "" && workspace.credits !== null && (
        <span className="it t3 cut">{workspace.credits}</span>
      )}
    </footer>
  );
}

function formatWords({
  frameRate,
  height,
}: {
  frameRate: Parameters<typeof rateWords>[0];
  height: number;
}) {
  return height > 0 ? `${rateWords(frameRate)} · ${height}p` : rateWords(frameRate);
}

function RunningJob() {
  const job = useDesk((s) => runningJob(s.jobs));
  if (!job) return null;
  const line = jobLine(job);
  return (
    <button
      type="button"
      className="it"
      onClick={() => perform("side.jobs")}
      data-testid="running-job"
    >
      {job.title}
      <Bar part={line.part} label={job.title} width={96} />
      <span className="t1 b5">{line.percent}</span>
      <span className="t3">{line.left}</span>
    </button>
  );
}
