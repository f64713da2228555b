/** A name that is written in its place: Enter takes it, Escape leaves it as it was. */
import { type KeyboardEvent, useState } from "react";
import { Button } from "../../design";
import { focusNow } from "./focus";
import { LONGEST_NAME } from "./projects";

export interface NameFieldProps {
  /** What is named. */
  label: string;
  initial: string;
  /** What Enter does, on the button. */
  deed: string;
  busy: boolean;
  onName(name: string): void;
  onCancel(): void;
}

export function NameField({ label, initial, deed, busy, onName, onCancel }: NameFieldProps) {
  const [typed, setTyped] = useState(initial);
  const name = typed.trim();
  const take = () => {
    if (name !== "" && !busy) onName(name);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    // It closes the field, not the dialog.
    event.preventDefault();
    onCancel();
  };
  return (
    <form
      className="row g8 grow name-field"
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <input
        ref={focusNow}
        data-autofocus
        className="field"
        aria-label={label}
        spellCheck={false}
        maxLength={LONGEST_NAME}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-testid="project-name"
      />
      <Button size="sm" kind="pri" disabled={name === "" || busy} onClick={take}>
        {deed}
      </Button>
      <Button size="sm" kind="ghost" onClick={onCancel}>
        Cancel
      </Button>
    </form>
  );
}
