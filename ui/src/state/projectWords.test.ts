import { describe, expect, it } from "vitest";
import type { ProjectDeed, ProjectsView } from "../backend/generated";
import { leavesTheList, noticeOf, opensAnother } from "./projectWords";

const view: ProjectsView = {
  projects: [
    { id: "a", name: "Spring promo", saved: "", open: true },
    { id: "b", name: "Harbour", saved: "", open: false },
  ],
  versions: [{ number: 4, name: "Before lunch", kept: "", clips: 2 }],
  file: null,
};
const withFile = { ...view, file: "Spring promo.stringout" };

describe("what is said of a deed", () => {
  it.each<[ProjectDeed, ProjectsView, string | null]>([
    [{ kind: "open", id: "a" }, view, "Opened Spring promo"],
    [{ kind: "new", name: "Spring promo" }, view, "Made Spring promo"],
    [{ kind: "duplicate", name: "" }, view, "Made Spring promo, which is open now"],
    [{ kind: "remove", id: "b" }, view, "Removed Harbour"],
    [{ kind: "remove", id: "c" }, view, null],
    [{ kind: "keepVersion", name: "" }, view, "Kept version 4"],
    [{ kind: "restoreVersion", number: 3 }, view, "Version 3 is back; undo brings yours back"],
    [{ kind: "removeVersion", number: 3 }, view, "Removed version 3"],
    [{ kind: "export" }, withFile, "Exported to Spring promo.stringout"],
    [{ kind: "import" }, withFile, "Imported Spring promo.stringout"],
    [{ kind: "export" }, view, null],
    [{ kind: "import" }, view, null],
    [{ kind: "rename", id: "a", name: "" }, view, null],
    [{ kind: "list" }, view, null],
  ])("%j", (deed, after, words) => expect(noticeOf(deed, after, view)).toBe(words));
});

it("knows what puts another project on the timeline, and what is done with the list", () => {
  expect(opensAnother({ kind: "open", id: "a" }, view)).toBe(true);
  expect(opensAnother({ kind: "import" }, withFile)).toBe(true);
  expect(opensAnother({ kind: "import" }, view)).toBe(false);
  expect(opensAnother({ kind: "restoreVersion", number: 1 }, view)).toBe(false);
  expect(leavesTheList({ kind: "restoreVersion", number: 1 }, view)).toBe(true);
  expect(leavesTheList({ kind: "keepVersion", name: "" }, view)).toBe(false);
  expect(leavesTheList({ kind: "export" }, withFile)).toBe(false);
});
