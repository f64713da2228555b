/** The actions on projects and their versions; a part of the list of all. */
import type { ProjectDeed } from "../backend/generated";
import { useDesk } from "../state/desk";
import { useProjects } from "../state/projects";
import { type ProjectsDoor, useView } from "../state/view";
import type { Action } from "./actions";

export const PROJECT_ACTIONS: readonly Action[] = [
  dialog("projects.open", "Projects…", "list", ["Ctrl+O"]),
  dialog("projects.new", "New project…", "new"),
  dialog("projects.version", "Keep a version…", "version"),
  deed("projects.export", "Export project…", { kind: "export" }),
  deed("projects.import", "Import project…", { kind: "import" }),
];

function dialog(
  id: Action["id"],
  title: string,
  door: ProjectsDoor,
  keys: readonly string[] = [],
): Action {
  const when = () => useDesk.getState().ready;
  return {
    id,
    group: "Window",
    title,
    keys,
    when,
    run: () => useView.getState().openProjects(door),
  };
}

function deed(id: Action["id"], title: string, what: ProjectDeed): Action {
  return {
    id,
    group: "Window",
    title,
    keys: [],
    when: () => useDesk.getState().ready && useProjects.getState().running === null,
    run: () => void useProjects.getState().run(what),
  };
}
