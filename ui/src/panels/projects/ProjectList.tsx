/** The projects of the workspace: found by name, moved through with the arrows, opened by Enter. */
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import type { ProjectView } from "../../backend/generated";
import { Button, Key } from "../../design";
import { useProjects } from "../../state/projects";
import { type ProjectsDoor, useView } from "../../state/view";
import { focusNow, useRowFocus } from "./focus";
import { NameField } from "./NameField";
import { ProjectRow, type RowDeed } from "./ProjectRow";
import { besides, chosenOf, found, freeName, ledTo, searchable } from "./projects";

export interface ProjectListProps {
  projects: readonly ProjectView[];
  now: number;
  /** What was wanted when the dialog was opened. */
  door: ProjectsDoor;
}

export function ProjectList({ projects, now, door }: ProjectListProps) {
  const running = useProjects((state) => state.running);
  const { run } = useProjects.getState();
  const [typed, setTyped] = useState("");
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [making, setMaking] = useState(door === "new");
  const [doing, setDoing] = useState<{ id: string; deed: RowDeed } | null>(null);
  const shown = found(projects, searchable(projects) ? typed : "");
  const chosen = chosenOf(shown, chosenId);
  const first = door === "list" && !searchable(projects);
  const { row, focus } = useRowFocus(first ? (chosen?.id ?? null) : null);
  const busy = running !== null;

  const open = (project: ProjectView | undefined) => {
    // The one that is open is there already.
    if (project?.open) useView.getState().openProjects(null);
    else if (project) void run({ kind: "open", id: project.id });
  };
  const settle = (id: string | null) => {
    setMaking(false);
    setDoing(null);
    setChosenId(id);
    focus(id);
  };
  const rename = async ({ id, name: before }: ProjectView, name: string) => {
    if (name === before || (await run({ kind: "rename", id, name }))) settle(id);
  };
  const remove = async ({ id }: ProjectView) => {
    const next = besides(shown, id);
    settle((await run({ kind: "remove", id })) ? next : id);
  };
  const begin = (id: string, deed: RowDeed | null) => {
    if (deed === null) return settle(id);
    setMaking(false);
    setChosenId(id);
    setDoing({ id, deed });
    return undefined;
  };
  const make = () => {
    setDoing(null);
    setMaking(true);
  };
  const move = (event: KeyboardEvent) => {
    const to = chosen ? ledTo(shown, chosen.id, event.key) : null;
    if (to === null) return;
    event.preventDefault();
    focus(to);
  };

  return (
    <section className="project-list" aria-label="Projects of the workspace">
      <div className="row g8 projects-bar">
        {making ? (
          <NameField
            label="Name of the new project"
            initial={freeName(projects, "New project")}
            deed="Make"
            busy={busy}
            onName={(name) => void run({ kind: "new", name })}
            onCancel={() => settle(chosen?.id ?? null)}
          />
        ) : (
          <>
            {searchable(projects) ? (
              <Search
                first={door === "list"}
                typed={typed}
                onType={setTyped}
                onDown={() => focus(chosen?.id ?? null)}
                onEnter={() => open(chosen)}
              />
            ) : (
              <span className="t2 grow">In this workspace</span>
            )}
            <Button size="sm" disabled={busy} onClick={make} testId="project-new">
              <IconPlus size={14} aria-hidden="true" /> New
            </Button>
            <Button
              size="sm"
              disabled={busy}
              onClick={() => void run({ kind: "import" })}
              testId="project-import"
            >
              Import…
            </Button>
          </>
        )}
      </div>
      <ul className="project-rows scroll">
        {shown.map((project) => (
          <ProjectRow
            key={project.id}
            project={project}
            now={now}
            chosen={project === chosen}
            doing={doing?.id === project.id ? doing.deed : null}
            busy={busy}
            first={first && project === chosen}
            main={row(project.id)}
            onChoose={() => setChosenId(project.id)}
            onOpen={() => open(project)}
            onDo={(deed) => begin(project.id, deed)}
            onRename={(name) => void rename(project, name)}
            onRemove={() => void remove(project)}
            onKey={move}
          />
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="projects-none t2" role="status" data-testid="projects-none">
          No project has these words in its name.
        </p>
      )}
      <p className="projects-keys f11 t3" aria-hidden="true">
        <span>
          <Key of="Enter" /> opens
        </span>
        <span>
          <Key of="F2" /> renames
        </span>
        <span>
          <Key of="Delete" /> removes
        </span>
      </p>
    </section>
  );
}

interface SearchProps {
  /** It gets the focus when the dialog opens. */
  first: boolean;
  typed: string;
  onType(typed: string): void;
  onDown(): void;
  onEnter(): void;
}

function Search({ first, typed, onType, onDown, onEnter }: SearchProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") onDown();
    else if (event.key === "Enter") onEnter();
    else if (event.key === "Escape" && typed !== "") onType("");
    else return;
    event.preventDefault();
  };
  return (
    <label className="field grow">
      <IconSearch size={14} aria-hidden="true" />
      <input
        ref={first ? focusNow : undefined}
        data-autofocus={first || undefined}
        placeholder="Search projects"
        aria-label="Search projects"
        spellCheck={false}
        value={typed}
        onChange={(event) => onType(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        data-testid="projects-search"
      />
    </label>
  );
}
