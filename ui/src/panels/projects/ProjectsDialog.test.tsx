// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { use } from "../../backend/backend";
import { FakeBackend } from "../../backend/fake/backend";
import type { Scenario } from "../../backend/fake/scenario";
import type { Commands } from "../../backend/generated";
import { type ActionId, perform } from "../../keymap/actions";
import { listenForKeys } from "../../keymap/listen";
import { useDesk } from "../../state/desk";
import { useMessages } from "../../state/messages";
import { useProjects } from "../../state/projects";
import { useView } from "../../state/view";
import { ProjectsDialog } from "./ProjectsDialog";

let fake: FakeBackend;
let root: Root;
let stops: (() => void)[];

async function begin(scenario: Scenario): Promise<void> {
  fake = new FakeBackend(scenario);
  use(fake);
  stops = [await useDesk.getState().start(fake), listenForKeys()];
  root = createRoot(document.body.appendChild(document.createElement("div")));
  await act(async () =>
    root.render(
      <MantineProvider>
        <ProjectsDialog />
      </MantineProvider>,
    ),
  );
}

function all(testId: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
}

function at(testId: string): HTMLElement {
  const [element] = all(testId);
  if (!element) throw new Error(`no ${testId}`);
  return element;
}

/** Lets the fake answer and the dialog draw it. */
async function settled(): Promise<void> {
  await act(async () => new Promise((done) => setTimeout(done, 5)));
}

async function openBy(id: ActionId): Promise<void> {
  await act(async () => {
    expect(perform(id)).toBe(true);
  });
  await settled();
}

async function click(testId: string, index = 0): Promise<void> {
  await act(async () => all(testId)[index]?.click());
  await settled();
}

async function strike(key: string): Promise<void> {
  const target = document.activeElement ?? document.body;
  await act(async () => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
  await settled();
}

async function type(testId: string, text: string): Promise<void> {
  const field = at(testId);
  const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
  await act(async () => {
    put?.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function submit(testId: string): Promise<void> {
  await act(async () => {
    const submits = new Event("submit", { bubbles: true, cancelable: true });
    at(testId).closest("form")?.dispatchEvent(submits);
  });
  await settled();
}

const rows = () => all("project").map((row) => row.querySelector(".b5")?.textContent);
const focused = () => document.activeElement?.getAttribute("data-testid");
const isOpen = () => useView.getState().projectsOpen !== null;
const project = () => useDesk.getState().sequence.project;
const notices = () =>
  useMessages.getState().messages.map((one) => (one.kind === "notice" ? one.text : ""));

beforeAll(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
});

beforeEach(() => {
  useDesk.setState(useDesk.getInitialState(), true);
  useView.setState(useView.getInitialState(), true);
  useProjects.setState(useProjects.getInitialState(), true);
  useMessages.setState(useMessages.getInitialState(), true);
});

afterEach(async () => {
  for (const stop of stops) stop();
  await act(async () => root.unmount());
  document.body.replaceChildren();
});

describe("the list", () => {
  it("is moved through and opened with the keys", async () => {
    await begin("edit");
    useView.getState().selectClips(["clip-1"]);
    await openBy("projects.open");
    expect(rows()).toEqual([
      "Open-air weekend",
      "Spring promo",
      "Harbour at night",
      "Visitors, first cut",
    ]);
    expect(all("project").map((row) => row.getAttribute("aria-current"))[0]).toBe("true");
    expect(document.activeElement).toBe(all("project")[0]);
    await strike("ArrowDown");
    await strike("ArrowDown");
    expect(document.activeElement).toBe(all("project")[2]);
    await strike("Enter");
    expect(isOpen()).toBe(false);
    expect(project()).toBe("Harbour at night");
    expect(useView.getState().selectedClips).toEqual([]);
    expect(notices()).toEqual(["Opened Harbour at night"]);
  });

  it("just closes on the one that is open, and on Escape", async () => {
    await begin("edit");
    for (const key of ["Enter", "Escape"]) {
      await openBy("projects.open");
      await strike(key);
      expect(isOpen()).toBe(false);
    }
    expect(project()).toBe("Open-air weekend");
    expect(notices()).toEqual([]);
  });

  it("renames in the row; Escape leaves the name and the dialog", async () => {
    await begin("edit");
    await openBy("projects.open");
    await strike("F2");
    expect(focused()).toBe("project-name");
    await type("project-name", "Weekend");
    await strike("Escape");
    expect(isOpen()).toBe(true);
    expect(rows()[0]).toBe("Open-air weekend");
    await click("project-rename");
    await type("project-name", "Weekend");
    await submit("project-name");
    expect(rows()[0]).toBe("Weekend");
    expect(project()).toBe("Weekend");
    expect(document.activeElement).toBe(all("project")[0]);
    expect(isOpen()).toBe(true);
  });

  it("asks before it removes, and offers it for no project that is open", async () => {
    await begin("edit");
    await openBy("projects.open");
    expect(all("project-remove")).toHaveLength(0);
    await strike("Delete");
    expect(all("remove-sure")).toHaveLength(0);
    await strike("ArrowDown");
    await click("project-remove");
    expect(at("projects-dialog").textContent).toContain(
      "Remove Spring promo and its versions? This can't be undone.",
    );
    expect(focused()).toBe("remove-not");
    await click("remove-not");
    expect(rows()).toHaveLength(4);
    await strike("Delete");
    await click("remove-sure");
    expect(rows()).toEqual(["Open-air weekend", "Harbour at night", "Visitors, first cut"]);
    expect(document.activeElement).toBe(all("project")[1]);
    expect(notices()).toEqual(["Removed Spring promo"]);
    expect(isOpen()).toBe(true);
  });

  it("is searched when it is long", async () => {
    await begin("many");
    await openBy("projects.open");
    expect(focused()).toBe("projects-search");
    await type("projects-search", "no such");
    expect(at("projects-none").textContent).toContain("No project");
    await strike("Escape");
    expect(isOpen()).toBe(true);
    await type("projects-search", "week 17");
    expect(rows()).toEqual(["Week 17"]);
    await strike("Enter");
    expect(project()).toBe("Week 17");
  });

  it("makes a new one, of a name that is free", async () => {
    await begin("empty");
    await openBy("projects.new");
    expect(focused()).toBe("project-name");
    const field = at("project-name") as HTMLInputElement;
    expect(field.value).toBe("New project 2");
    await submit("project-name");
    expect(isOpen()).toBe(false);
    expect(project()).toBe("New project 2");
  });
});

describe("the open project", () => {
  it("keeps versions, brings them back and removes them", async () => {
    await begin("edit");
    await openBy("projects.version");
    expect(focused()).toBe("version-name");
    expect(at("no-version").textContent).toBe("No version kept yet.");
    await type("version-name", "Before lunch");
    await submit("version-name");
    expect((at("version-name") as HTMLInputElement).value).toBe("");
    await submit("version-name");
    expect(all("version-row").map((row) => row.querySelector(".b5")?.textContent)).toEqual([
      "Unnamed",
      "Before lunch",
    ]);
    await click("version-remove");
    expect(focused()).toBe("remove-not");
    await click("remove-sure");
    expect(all("version-row")).toHaveLength(1);
    expect(focused()).toBe("version-name");
    expect(isOpen()).toBe(true);
    const clips = useDesk.getState().sequence.clips.map(({ id }) => id);
    const edit = { kind: "remove", clips } as const;
    await act(async () => void (await fake.call("sequence_edit", { edit })));
    await click("version-restore");
    expect(useDesk.getState().sequence.clips).toHaveLength(4);
    expect(isOpen()).toBe(false);
    expect(notices().at(-1)).toBe("Version 1 is back; undo brings yours back");
  });

  it("is copied, exported and left for one that is imported", async () => {
    await begin("edit");
    await openBy("projects.open");
    await click("project-export");
    expect(notices()).toEqual(["Exported to Open-air weekend.stringout"]);
    expect(isOpen()).toBe(true);
    await click("project-duplicate");
    expect(project()).toBe("Open-air weekend copy");
    expect(isOpen()).toBe(false);
    await openBy("projects.import");
    expect(project()).toBe("Market day");
  });
});

describe("a deed", () => {
  it("switches the buttons off while it runs, and says why it failed", async () => {
    await begin("edit");
    await openBy("projects.open");
    let answer: (value: never) => void = () => {};
    let refuse: (reason: unknown) => void = () => {};
    const call = vi.spyOn(fake, "call").mockImplementation(
      <K extends keyof Commands>() =>
        new Promise<Commands[K]["answer"]>((done, failed) => {
          answer = done;
          refuse = failed;
        }),
    );
    await click("project-export");
    const off = (testId: string) => (at(testId) as HTMLButtonElement).disabled;
    expect(off("project-export") && off("project-import") && off("version-keep")).toBe(true);
    expect(perform("projects.export")).toBe(false);
    await act(async () => refuse(new Error("the disk is full")));
    await settled();
    expect(off("project-export")).toBe(false);
    expect(useMessages.getState().messages[0]).toMatchObject({ kind: "failure" });
    // The file dialog was left without a file.
    await click("project-import");
    const { view } = useProjects.getState();
    await act(async () => answer({ ...view, file: null } as never));
    await settled();
    expect(isOpen()).toBe(true);
    expect(notices().filter(Boolean)).toEqual([]);
    call.mockRestore();
  });
});
