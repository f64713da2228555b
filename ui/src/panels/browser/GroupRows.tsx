/** Lines of a group: its header, its odd answers, and what is to be said of its server. */

import {
  IconAlertCircle,
  IconChevronDown,
  IconChevronRight,
  IconRefresh,
  IconWifiOff,
} from "@tabler/icons-react";
import { useLayoutEffect, useRef } from "react";
import type { ConnectionView } from "../../backend/generated";
import { Dot } from "../../design";
import { call } from "../../state/act";
import { count } from "../../time/words";
import { connectionTip, type Group, groupCount, groupTitle, stateWords } from "./groups";
import type { Note, Row } from "./rows";

export function GroupLine({ group, unfolded }: { group: Group; unfolded: boolean | null }) {
  const { connection } = group;
  const now = Date.now();
  return (
    <>
      <Chevron unfolded={unfolded} />
      <span className="grow" title={connection ? connectionTip(connection, now) : undefined}>
        <span className="gr-names">
          <span className="gr-name">{groupTitle(group)}</span>
          <span className="gr-server cut">
            {connection ? connection.server : groupCount(group)}
          </span>
        </span>
        {connection && (
          <span className="gr-state" data-state={connection.state}>
            <ConnectionState connection={connection} now={now} />
            <span className="t3 cut">{groupCount(group)}</span>
          </span>
        )}
      </span>
      {connection && <AskAgain connection={connection} />}
    </>
  );
}

/** A dot and a word. */
function ConnectionState({ connection, now }: { connection: ConnectionView; now: number }) {
  const { tone, shape, word } = stateWords(connection, now);
  return (
    <span className={`gr-word ${tone}`}>
      <Dot tone={tone} shape={shape} />
      {word}
    </span>
  );
}

/** The keys stay with the list: F5 asks all servers. */
function AskAgain({ connection }: { connection: ConnectionView }) {
  const { name, busy } = connection;
  const label = busy ? `${name} is being asked` : `Ask ${name} again`;
  return (
    <button
      type="button"
      className="ib sm"
      tabIndex={-1}
      aria-label={label}
      title={label}
      disabled={busy}
      data-testid={`ask-${name}`}
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => {
        event.stopPropagation();
        void call("connection_refresh", { name });
      }}
    >
      <IconRefresh size={14} aria-hidden="true" className={busy ? "turning" : undefined} />
    </button>
  );
}

export function IssuesLine({ issues, unfolded }: { issues: number; unfolded: boolean }) {
  return (
    <>
      <Chevron unfolded={unfolded} />
      <span className="cut">{count(issues, "odd answer")}</span>
    </>
  );
}

/** As high as its words; it tells how high that is. */
export function NoteRow({
  row: { key, note },
  id,
  top,
  onHeight,
}: {
  row: Extract<Row, { kind: "note" }>;
  id: string;
  top: number;
  onHeight: (key: string, height: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      if (element.offsetHeight > 0) onHeight(key, element.offsetHeight);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [key, onHeight]);
  return (
    <div ref={box} id={id} className="browser-row note" style={{ top }}>
      <NoteSign look={note.look} />
      <p className="selectable" title={note.detail}>
        {note.what !== "" && <span className="t1">{note.what}. </span>}
        {note.next}
        {note.code !== "" && <span className="mono t3"> {note.code}</span>}
      </p>
    </div>
  );
}

function NoteSign({ look }: { look: Note["look"] }) {
  switch (look) {
    case "error":
      return <IconAlertCircle size={14} className="error" aria-hidden="true" />;
    case "warn":
      return <IconWifiOff size={14} className="warn" aria-hidden="true" />;
    case "quiet":
      return <span aria-hidden="true" />;
  }
}

function Chevron({ unfolded }: { unfolded: boolean | null }) {
  if (unfolded === null) return <span aria-hidden="true" />;
  const Icon = unfolded ? IconChevronDown : IconChevronRight;
  return <Icon size={14} className="t3" aria-hidden="true" />;
}
