/** What a deed with projects led to: what is said of it, and whether another one is open. Pure. */
import type { ProjectDeed, ProjectsView } from "../backend/generated";

/** The name of the project that is open. */
export function openName({ projects }: ProjectsView): string {
  return projects.find(({ open }) => open)?.name ?? "";
}

/** What the user is told when it is done; `null` where it is seen, or was called off. */
export function noticeOf(
  deed: ProjectDeed,
  after: ProjectsView,
  before: ProjectsView | null,
): string | null {
  switch (deed.kind) {
    case "new":
      return `Made ${openName(after)}`;
    case "open":
      return `Opened ${openName(after)}`;
    case "duplicate":
      return `Made ${openName(after)}, which is open now`;
    case "remove": {
      const gone = before?.projects.find(({ id }) => id === deed.id);
      return gone ? `Removed ${gone.name}` : null;
    }
    case "keepVersion": {
      const [kept] = after.versions;
      return kept ? `Kept version ${kept.number}` : null;
    }
    case "restoreVersion":
      return `Version ${deed.number} is back; undo brings yours back`;
    case "removeVersion":
      return `Removed version ${deed.number}`;
    case "export":
      return after.file === null ? null : `Exported to ${after.file}`;
    case "import":
      return after.file === null ? null : `Imported ${after.file}`;
    case "list":
    case "rename":
      return null;
  }
}

/** Another project is on the timeline than before. */
export function opensAnother(deed: ProjectDeed, after: ProjectsView): boolean {
  switch (deed.kind) {
    case "new":
    case "open":
    case "duplicate":
      return true;
    case "import":
      return after.file !== null;
    default:
      return false;
  }
}

/** What was wanted of the list is done with it. */
export function leavesTheList(deed: ProjectDeed, after: ProjectsView): boolean {
  return deed.kind === "restoreVersion" || opensAnother(deed, after);
}
