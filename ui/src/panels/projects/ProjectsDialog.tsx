/** The projects of the workspace and the versions of the open one; over the window. */
import { Modal } from "@mantine/core";
import { useEffect, useState } from "react";
import type { ProjectsView } from "../../backend/generated";
import { useProjects } from "../../state/projects";
import { useView } from "../../state/view";
import { useKeptFocus } from "./focus";
import { OpenProject } from "./OpenProject";
import { ProjectList } from "./ProjectList";
import "./projects.css";

export function ProjectsDialog() {
  const open = useView((view) => view.projectsOpen !== null);
  return (
    <Modal
      opened={open}
      onClose={() => useView.getState().openProjects(null)}
      // The window's own Escape closes what lies on top, and nothing else with it.
      closeOnEscape={false}
      title={<span className="f15 b6">Projects</span>}
      size={880}
      // Below the messages: what was done, or not, is said there.
      zIndex={50}
    >
      <Projects />
    </Modal>
  );
}

function Projects() {
  const view = useProjects((state) => state.view);
  useEffect(() => {
    void useProjects.getState().load();
  }, []);
  return (
    <div className="projects" data-testid="projects-dialog">
      {view ? (
        <Columns view={view} />
      ) : (
        <p className="projects-none t2" role="status">
          Reading the projects
        </p>
      )}
    </div>
  );
}

function Columns({ view }: { view: ProjectsView }) {
  const busy = useProjects((state) => state.running !== null);
  // While the dialog closes it is still drawn as it was.
  const [door] = useState(() => useView.getState().projectsOpen ?? "list");
  const keptFocus = useKeptFocus(busy);
  const now = Date.now();
  return (
    <div className="projects-columns" {...keptFocus}>
      <ProjectList projects={view.projects} now={now} door={door} />
      <OpenProject view={view} now={now} keeping={door === "version"} />
    </div>
  );
}
