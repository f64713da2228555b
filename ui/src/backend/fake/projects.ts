/** The projects of the fake's workspace: each with a sequence of its own and its versions. */

import type { ProjectDeed, ProjectsView, VersionView } from "../generated";
import { failure } from "./failure";
import type { FakeFlow } from "./footage";
import { type Beginning, FakeSequence, type Snapshot } from "./sequence";

const HOUR_MS = 3_600_000;

/** Between one of the other projects and the next, so that some are of days before. */
const APART_MS = 17 * HOUR_MS;

interface Kept extends VersionView {
  state: Snapshot;
}

interface Project {
  id: string;
  sequence: FakeSequence;
  /** For one to which nothing was done yet. */
  made: string;
  /** Oldest first. */
  versions: Kept[];
  /** The number of the last version; one that was removed leaves it taken. */
  last: number;
}

export class FakeProjects {
  private readonly projects: Project[] = [];
  private open: Project;
  private made = 0;
  private imported = 0;

  constructor(
    private readonly flows: ReadonlyMap<string, FakeFlow>,
    opening: Beginning,
    others: readonly string[],
    now: number,
  ) {
    const saved = new Date(now).toISOString();
    const begun = opening.parts.length > 0 ? saved : null;
    this.open = this.add(new FakeSequence(flows, opening, begun), saved);
    others.forEach((project, i) => {
      const before = new Date(now - HOUR_MS - i * APART_MS).toISOString();
      // Each has fewer clips than the one before, so that they can be told apart.
      const parts = opening.parts.slice(0, Math.max(1, opening.parts.length - 1 - i));
      this.add(new FakeSequence(flows, { ...opening, project, parts }, before), before);
    });
  }

  /** Of the project that is open. */
  get sequence(): FakeSequence {
    return this.open.sequence;
  }

  do(deed: ProjectDeed, now: string): ProjectsView {
    return this.view(this.done(deed, now));
  }

  /** Does it; the name of the file that was written or read. */
  private done(deed: ProjectDeed, now: string): string | null {
    switch (deed.kind) {
      case "list":
        return null;
      case "new":
        this.openIt(this.makeNew(named(deed.name), now));
        return null;
      case "open":
        this.openIt(this.known(deed.id));
        return null;
      case "duplicate":
        this.openIt(this.add(this.sequence.copy(named(deed.name), now), now));
        return null;
      case "rename":
        this.known(deed.id).sequence.renameProject(named(deed.name), now);
        return null;
      case "remove":
        this.remove(this.known(deed.id));
        return null;
      case "keepVersion":
        this.keep(named(deed.name), now);
        return null;
      case "restoreVersion": {
        const { state, number, name } = this.version(deed.number);
        this.sequence.bringBack(state, `Back to version ${number}, ${name}`, now);
        return null;
      }
      case "removeVersion": {
        const { versions } = this.open;
        versions.splice(versions.indexOf(this.version(deed.number)), 1);
        return null;
      }
      case "export":
        return fileOf(this.sequence.view().project);
      case "import": {
        this.imported += 1;
        const name = this.imported === 1 ? "Market day" : `Market day ${this.imported}`;
        this.openIt(this.makeNew(name, now));
        return fileOf(name);
      }
    }
  }

  private view(file: string | null): ProjectsView {
    const views = this.projects.map((project) => {
      const { project: name, saved } = project.sequence.view();
      return { id: project.id, name, saved: saved ?? project.made, open: project === this.open };
    });
    views.sort((a, b) => Number(b.open) - Number(a.open) || b.saved.localeCompare(a.saved));
    const versions = this.open.versions.map(({ state: _, ...version }) => version).reverse();
    return { projects: views, versions, file };
  }

  private openIt(project: Project): void {
    const { revision } = this.sequence.view();
    if (project !== this.open) project.sequence.countOnFrom(revision);
    this.open = project;
  }

  private makeNew(project: string, now: string): Project {
    const beginning = { project, name: "Sequence 1", parts: [] };
    return this.add(new FakeSequence(this.flows, beginning, null), now);
  }

  private add(sequence: FakeSequence, made: string): Project {
    this.made += 1;
    const project = { id: `project-${this.made}`, sequence, made, versions: [], last: 0 };
    this.projects.push(project);
    return project;
  }

  private remove(project: Project): void {
    if (project === this.open) {
      const detail = `${project.sequence.view().project} is on the timeline.`;
      throw failure("SO-PROJECT-002", "The project is open", detail, "Open another one first.");
    }
    this.projects.splice(this.projects.indexOf(project), 1);
  }

  private keep(name: string, now: string): void {
    const { versions, sequence } = this.open;
    const state = sequence.now();
    this.open.last += 1;
    versions.push({ number: this.open.last, name, kept: now, clips: state.cuts.length, state });
  }

  private known(id: string): Project {
    const project = this.projects.find((one) => one.id === id);
    if (!project) {
      throw failure("SO-PROJECT-001", "The project is gone", `No project has the id ${id}.`);
    }
    return project;
  }

  private version(number: number): Kept {
    const version = this.open.versions.find((one) => one.number === number);
    if (!version) {
      throw failure("SO-PROJECT-003", "The version is gone", `There is no version ${number}.`);
    }
    return version;
  }
}

/** A name without the blanks around it. */
function named(text: string): string {
  const name = text.trim();
  if (name !== "") return name;
  throw failure("SO-PROJECT-004", "Without a name", "Nothing is written there.", "Write a name.");
}

function fileOf(name: string): string {
  return `${name}.stringout`;
}
