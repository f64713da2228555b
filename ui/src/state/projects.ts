/** The projects of the workspace, as they were read last, and what is being done with them. */
import { create } from "zustand";
import type { ProjectDeed, ProjectsView } from "../backend/generated";
import * as act from "./act";
import { leavesTheList, noticeOf, opensAnother } from "./projectWords";
import { useView } from "./view";

export interface ProjectsState {
  /** `null` until they were read once. */
  view: ProjectsView | null;
  /** One deed at a time: the system may be asking for a file. */
  running: ProjectDeed | null;
  /** Reads them again. */
  load(): Promise<void>;
  /** Does something with them; whether it was done. */
  run(deed: ProjectDeed): Promise<boolean>;
}

export const useProjects = create<ProjectsState>()((set, get) => ({
  view: null,
  running: null,

  async load() {
    const known = get().view;
    const view = await act.call("project_do", { deed: { kind: "list" } });
    // A deed that was done meanwhile has answered with a newer list.
    if (view && get().view === known) set({ view });
  },

  async run(deed) {
    const { running, view: before } = get();
    if (running) return false;
    set({ running: deed });
    const after = await act.call("project_do", { deed });
    set(after ? { running: null, view: after } : { running: null });
    if (!after) return false;
    if (opensAnother(deed, after)) leaveSequence();
    if (leavesTheList(deed, after)) useView.getState().openProjects(null);
    const words = noticeOf(deed, after, before);
    if (words !== null) act.notice(words);
    return true;
  },
}));

/** What was selected and looked at belongs to the project that was open. */
function leaveSequence(): void {
  const view = useView.getState();
  view.selectClips([]);
  view.openMarker(null);
  view.setTimeline({ pxPerFrame: null, firstFrame: 0 });
}
