/** Asks in the row itself before something goes for good. */
import type { KeyboardEvent } from "react";
import { Button } from "../../design";
import { focusLast } from "./focus";

export interface AskRemovalProps {
  question: string;
  busy: boolean;
  onRemove(): void;
  onKeep(): void;
}

export function AskRemoval({ question, busy, onRemove, onKeep }: AskRemovalProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    // It answers the question, and leaves the dialog open.
    event.preventDefault();
    onKeep();
  };
  return (
    <fieldset className="ask" aria-label={question} onKeyDown={onKeyDown} ref={focusLast}>
      <p>{question} This can't be undone.</p>
      <div className="row g8">
        <Button size="sm" kind="danger" disabled={busy} onClick={onRemove} testId="remove-sure">
          Remove
        </Button>
        <Button size="sm" disabled={busy} onClick={onKeep} testId="remove-not">
          Keep
        </Button>
      </div>
    </fieldset>
  );
}
