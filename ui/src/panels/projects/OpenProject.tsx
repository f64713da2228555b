/** The project that is open: copies of it, and the versions that were kept of it. */
import { IconCopy, IconFileExport } from "@tabler/icons-react";
import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { ProjectsView } from "../../backend/generated";
import { Button } from "../../design";
import { useDesk } from "../../state/desk";
import { useProjects } from "../../state/projects";
import { openName } from "../../state/projectWords";
import { focusNow } from "./focus";
import { freeName, LONGEST_NAME, noVersionWords, savedWords, versionName } from "./projects";
import { VersionList } from "./VersionList";

export interface OpenProjectProps {
  view: ProjectsView;
  now: number;
  /** The dialog was opened to keep a version. */
  keeping: boolean;
}

export function OpenProject({ view, now, keeping }: OpenProjectProps) {
  const steps = useDesk((desk) => desk.sequence.done);
  const busy = useProjects((state) => state.running !== null);
  const { run } = useProjects.getState();
  const field = useRef<HTMLInputElement>(null);
  const name = openName(view);
  const saved = view.projects.find(({ open }) => open)?.saved ?? "";
  const duplicate = () =>
    void run({ kind: "duplicate", name: freeName(view.projects, `${name} copy`) });
  return (
    <section className="open-project" aria-label="The open project">
      <div className="row g8 projects-bar">
        <div className="grow">
          <h3 className="b6 cut" title={name} data-testid="open-project">
            {name}
          </h3>
          <span className="f11 t3">{savedWords(saved, now)}</span>
        </div>
        <Button size="sm" disabled={busy} onClick={duplicate} testId="project-duplicate">
          <IconCopy size={14} aria-hidden="true" /> Duplicate
        </Button>
        <Button
          size="sm"
          disabled={busy}
          onClick={() => void run({ kind: "export" })}
          testId="project-export"
        >
          <IconFileExport size={14} aria-hidden="true" /> Export…
        </Button>
      </div>
      <h3 className="lbl">Versions</h3>
      <KeepVersion field={field} first={keeping} busy={busy} />
      {view.versions.length > 0 ? (
        <VersionList versions={view.versions} now={now} onGone={() => field.current?.focus()} />
      ) : (
        <p className="projects-none t2" data-testid="no-version">
          {noVersionWords(steps)}
        </p>
      )}
    </section>
  );
}

interface KeepVersionProps {
  field: RefObject<HTMLInputElement | null>;
  /** It gets the focus when the dialog opens. */
  first: boolean;
  busy: boolean;
}

function KeepVersion({ field, first, busy }: KeepVersionProps) {
  const [typed, setTyped] = useState("");
  useEffect(() => {
    if (first) focusNow(field.current);
  }, [first, field]);
  const keep = async () => {
    if (busy) return;
    const { run } = useProjects.getState();
    if (await run({ kind: "keepVersion", name: versionName(typed) })) setTyped("");
  };
  return (
    <form
      className="row g8 keep-version"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void keep();
      }}
    >
      <input
        ref={field}
        data-autofocus={first || undefined}
        className="field"
        aria-label="Name of the version"
        placeholder="What is it, e.g. Before the client's notes"
        maxLength={LONGEST_NAME}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-testid="version-name"
      />
      <Button disabled={busy} onClick={() => void keep()} testId="version-keep">
        Keep version
      </Button>
    </form>
  );
}
