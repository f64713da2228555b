/** Messages over the lower left: failures stay until they are put away, notices go by themselves. */
import { IconAlertCircle, IconCopy, IconInfoCircle, IconX } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Button, Chip, IconButton } from "../design";
import {
  type FailureMessage,
  failureText,
  NOTICE_MS,
  type NoticeMessage,
  useMessages,
} from "../state/messages";
import { count } from "../time/words";

/** So many are drawn; the count in the status bar tells of the others. */
const SHOWN = 3;

export function MessageHost() {
  const messages = useMessages((s) => s.messages);
  const shown = messages.slice(-SHOWN);
  return (
    <section className="messages" aria-label="Messages">
      {shown.map((message) =>
        message.kind === "failure" ? (
          <FailureCard key={message.id} message={message} />
        ) : (
          <NoticeCard key={message.id} message={message} />
        ),
      )}
    </section>
  );
}

function FailureCard({ message }: { message: FailureMessage }) {
  const { failure, id, times } = message;
  const dismiss = () => useMessages.getState().dismiss(id);
  return (
    <article className="message failure" role="alert" data-testid="failure">
      <IconAlertCircle size={16} className="error" />
      <div className="col g8 grow">
        <div className="row g8">
          <strong className="f13 b6 grow">{failure.title}</strong>
          {times > 1 && <Chip>{count(times, "time")}</Chip>}
          <span className="chip mono" data-testid="failure-code">
            {failure.code}
          </span>
          <IconButton label="Put away" size="sm" onClick={dismiss}>
            <IconX size={14} />
          </IconButton>
        </div>
        <p className="t2 selectable">{failure.detail}</p>
        <p className="selectable">{failure.hint}</p>
        <div className="row">
          <Button
            kind="ghost"
            className="right"
            onClick={() => void copyText(failureText(failure))}
          >
            <IconCopy size={14} /> Copy details
          </Button>
        </div>
      </div>
    </article>
  );
}

/** Puts text on the clipboard; tells when the system refuses. */
async function copyText(text: string): Promise<void> {
  const { notice } = useMessages.getState();
  try {
    await navigator.clipboard.writeText(text);
    notice("Copied");
  } catch {
    notice("The system did not take the text; select it and copy it by hand");
  }
}

function NoticeCard({ message }: { message: NoticeMessage }) {
  const left = useRef(NOTICE_MS);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const since = useRef(0);

  const run = () => {
    since.current = performance.now();
    timer.current = setTimeout(() => useMessages.getState().dismiss(message.id), left.current);
  };
  const pause = () => {
    clearTimeout(timer.current);
    left.current = Math.max(1_000, left.current - (performance.now() - since.current));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs once for each notice.
  useEffect(() => {
    run();
    return () => clearTimeout(timer.current);
  }, [message.id]);

  return (
    <article className="message notice" role="status" onPointerEnter={pause} onPointerLeave={run}>
      <IconInfoCircle size={16} className="accent" />
      <span className="grow">{message.text}</span>
      <IconButton
        label="Put away"
        size="sm"
        onClick={() => useMessages.getState().dismiss(message.id)}
      >
        <IconX size={14} />
      </IconButton>
    </article>
  );
}
