/** One project of the list: its name and what can be done with it, while it is the chosen one. */
import { IconPencil, IconTrash } from "@tabler/icons-react";
import type { KeyboardEvent, Ref } from "react";
import type { ProjectView } from "../../backend/generated";
import { Button, IconButton } from "../../design";
import { AskRemoval } from "./AskRemoval";
import { NameField } from "./NameField";
import { savedWords } from "./projects";

/** What is being done in the row itself. */
export type RowDeed = "rename" | "remove";

export interface ProjectRowProps {
  project: ProjectView;
  now: number;
  chosen: boolean;
  doing: RowDeed | null;
  /** A deed is running. */
  busy: boolean;
  /** Gets the focus when the dialog opens. */
  first: boolean;
  /** What of it has the focus while the list has it. */
  main: Ref<HTMLButtonElement>;
  onChoose(): void;
  onOpen(): void;
  /** Begins to rename or remove it; `null` leaves it as it is. */
  onDo(deed: RowDeed | null): void;
  onRename(name: string): void;
  onRemove(): void;
  /** A key that is not the row's own. */
  onKey(event: KeyboardEvent): void;
}

export function ProjectRow(props: ProjectRowProps) {
  const { project, doing, busy } = props;
  const { name } = project;
  const classes = ["project-row", props.chosen && "on", doing === "remove" && "asks"];
  return (
    <li className={classes.filter(Boolean).join(" ")} data-testid="project-row">
      {doing === null && <Resting {...props} />}
      {doing === "rename" && (
        <NameField
          label={`New name of ${name}`}
          initial={name}
          deed="Rename"
          busy={busy}
          onName={props.onRename}
          onCancel={() => props.onDo(null)}
        />
      )}
      {doing === "remove" && (
        <AskRemoval
          question={`Remove ${name} and its versions?`}
          busy={busy}
          onRemove={props.onRemove}
          onKeep={() => props.onDo(null)}
        />
      )}
    </li>
  );
}

function Resting(props: ProjectRowProps) {
  const { project, now, chosen, busy, onOpen, onDo, onChoose } = props;
  const { name, saved, open } = project;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") onOpen();
    else if (event.key === "F2") onDo("rename");
    else if (event.key === "Delete" && !open) onDo("remove");
    else return props.onKey(event);
    event.preventDefault();
  };
  return (
    <>
      <button
        ref={props.main}
        type="button"
        className="project-main grow"
        aria-current={open ? "true" : undefined}
        tabIndex={chosen ? 0 : -1}
        data-autofocus={props.first || undefined}
        onFocus={onChoose}
        // Not every browser gives the focus to a button that is pressed.
        onClick={(event) => event.currentTarget.focus()}
        onDoubleClick={onOpen}
        onKeyDown={onKeyDown}
        data-testid="project"
      >
        <span className="row g8">
          <span className="b5 cut" title={name}>
            {name}
          </span>
          {open && <span className="tag">Open now</span>}
        </span>
        <span className="f11 t3">{savedWords(saved, now)}</span>
      </button>
      {chosen && (
        <span className="row g4">
          {!open && (
            <Button
              size="sm"
              label={`Open ${name}`}
              disabled={busy}
              onClick={onOpen}
              testId="project-open"
            >
              Open
            </Button>
          )}
          <IconButton
            size="sm"
            label={`Rename ${name}`}
            shortcut="F2"
            disabled={busy}
            onClick={() => onDo("rename")}
            testId="project-rename"
          >
            <IconPencil size={14} />
          </IconButton>
          {!open && (
            <IconButton
              size="sm"
              label={`Remove ${name}`}
              shortcut="Delete"
              disabled={busy}
              onClick={() => onDo("remove")}
              testId="project-remove"
            >
              <IconTrash size={14} />
            </IconButton>
          )}
        </span>
      )}
    </>
  );
}
