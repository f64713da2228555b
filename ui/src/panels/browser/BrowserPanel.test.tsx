// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../../backend/backend";
import type { ConnectionView, JobView, SourceView, WorkspaceView } from "../../backend/generated";
import { showConnection } from "../../keymap/deeds";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { BrowserPanel } from "./BrowserPanel";

const asked: { command: string; args: unknown }[] = [];

use({
  call: (command: string, args: unknown) => {
    asked.push({ command, args });
    return new Promise(() => {});
  },
  pictureUrl: () => "",
} as unknown as Backend);

function source(id: string, title: string, connection: string | null = null): SourceView {
  const flow = {
    format: "video",
    playable: true,
    availability: "cached" as const,
    timerange: "[0:0_30:0)",
    durationMs: 30_000,
    frameRate: { numerator: 25, denominator: 1 },
    width: 1920,
    height: 1080,
    sound: true,
  };
  return {
    id,
    connection,
    title,
    created: null,
    tags: [],
    previewFlow: `${id}-main`,
    bestFlow: `${id}-main`,
    flows: [
      { ...flow, id: `${id}-main`, title: "1080p25" },
      { ...flow, id: `${id}-small`, title: "432p25" },
    ],
  };
}

const SOURCES = [source("a", "Meadow"), source("b", "Forecourt"), source("c", "Gallery")];

let root: Root;

function rows(): string[] {
  return [...document.querySelectorAll("[role=treeitem]")].map((row) => row.textContent ?? "");
}

function selected(): string | undefined {
  return document.querySelector("[role=treeitem][aria-selected=true]")?.textContent ?? undefined;
}

async function key(name: string, more: KeyboardEventInit = {}): Promise<void> {
  const tree = document.querySelector("[role=tree]");
  await act(async () => {
    tree?.dispatchEvent(
      new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }),
    );
  });
}

async function search(text: string): Promise<void> {
  const input = document.querySelector<HTMLInputElement>("[data-testid=search]");
  if (!input) throw new Error("no search");
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
  await act(async () => {
    set?.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

beforeAll(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
});

beforeEach(async () => {
  asked.length = 0;
  useDesk.setState({ ready: true, sources: SOURCES, jobs: [], workspace: null });
  useView.setState(useView.getInitialState(), true);
  const place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
  await act(async () =>
    root.render(
      <MantineProvider>
        <BrowserPanel />
      </MantineProvider>,
    ),
  );
});

afterEach(async () => {
  await act(async () => root.unmount());
  document.body.replaceChildren();
});

describe("the browser", () => {
  it("moves with arrows, unfolds and opens with Enter", async () => {
    expect(rows()).toHaveLength(3);
    await key("ArrowDown");
    expect(selected()).toContain("Meadow");
    await key("ArrowDown");
    await key("ArrowRight");
    expect(rows()).toHaveLength(5);
    await key("ArrowRight");
    await key("ArrowDown");
    expect(selected()).toContain("432p25");
    await key("Enter");
    expect(asked).toContainEqual({
      command: "source_open",
      args: { flowId: "b-small", frame: null },
    });
    expect(useView.getState().focus).toBe("source");
    await key("Enter", { ctrlKey: true });
    expect(asked.filter(({ command }) => command === "source_open")).toHaveLength(1);
    await key("ArrowLeft");
    expect(selected()).toContain("Forecourt");
    await key("ArrowLeft");
    expect(rows()).toHaveLength(3);
  });

  it("opens the first flow of a source that is clicked", async () => {
    await act(async () => document.querySelector<HTMLElement>("[data-testid=source-row]")?.click());
    expect(asked).toContainEqual({
      command: "source_open",
      args: { flowId: "a-main", frame: null },
    });
  });

  it("opens the preview flow of a source, or the flow that is clicked, and tells them apart", async () => {
    const twofold = { ...source("d", "Stage"), previewFlow: "d-small" };
    await act(async () => useDesk.setState({ sources: [twofold, source("e", "Gate")] }));
    const click = (testId: string, at: number) =>
      act(async () => {
        document.querySelectorAll<HTMLElement>(`[data-testid=${testId}]`)[at]?.click();
      });
    await click("source-row", 0);
    await click("flow-row", 0);
    expect(asked.filter(({ command }) => command === "source_open")).toEqual([
      { command: "source_open", args: { flowId: "d-small", frame: null } },
      { command: "source_open", args: { flowId: "d-main", frame: null } },
    ]);
    await click("source-row", 1);
    const tags = [...document.querySelectorAll("[data-testid=flow-row]")].map(
      (row) => row.querySelector("[data-testid=flow-tag]")?.textContent,
    );
    expect(tags).toEqual(["Best", "Preview", undefined, undefined]);
  });

  it("finds by words and says so when nothing matches", async () => {
    await search("gall");
    expect(rows()).toHaveLength(1);
    await search("nowhere");
    expect(rows()).toHaveLength(0);
    const none = document.querySelector("[data-testid=browser-no-match]");
    expect(none?.textContent).toContain("Nothing matches");
    await act(async () => none?.querySelector("button")?.click());
    expect(rows()).toHaveLength(3);
  });

  it("shows files on their way in, and why one did not come in", async () => {
    const job: JobView = {
      id: "i1",
      kind: "ingest",
      title: "Ingest car.mp4",
      state: { kind: "running" },
      progress: { stage: "Storing", done: 3, total: 10, unit: "segments", bytes: 0 },
      started: "",
      elapsedMs: 0,
      cancellable: true,
    };
    await act(async () => useDesk.setState({ jobs: [job] }));
    const row = () => document.querySelector("[data-testid=ingest-row]")?.textContent;
    expect(row()).toContain("Storing 3 of 10 segments");
    expect(row()).toContain("30 %");
    const failure = {
      code: "SO-MEDIA-002",
      title: "t",
      detail: "No video in it",
      hint: "Choose another file.",
      retryable: false,
    };
    await act(async () =>
      useDesk.setState({ jobs: [{ ...job, state: { kind: "failed", failure } }] }),
    );
    for (const part of ["No video in it", "Choose another file.", "SO-MEDIA-002"]) {
      expect(row()).toContain(part);
    }
  });

  it("says how to fill an empty workspace", async () => {
    await act(async () => useDesk.setState({ sources: [] }));
    expect(document.querySelector("[data-testid=browser-empty]")).not.toBeNull();
    expect(document.querySelector("[data-testid=add-your-own]")).not.toBeNull();
  });

  it("keeps only rows in view in the page", async () => {
    const many = Array.from({ length: 300 }, (_, number) => source(`s${number}`, `Roll ${number}`));
    await act(async () => useDesk.setState({ sources: many }));
    expect(rows().length).toBeLessThan(60);
    await key("End");
    expect(useView.getState().selectedSource).toBe("s299");
  });
});

describe("the browser with TAMS servers", () => {
  const connection = (over: Partial<ConnectionView>): ConnectionView => ({
    name: "studio",
    address: "https://tams.example",
    server: "TAMOSS 8.2",
    state: "online",
    busy: false,
    asOf: "2026-01-02T12:00:00Z",
    problem: null,
    issues: [],
    ...over,
  });
  const problem = {
    code: "credentials_refused",
    title: "trial refuses the credentials",
    detail: "401",
    hint: "Set its token anew.",
    retryable: false,
  };
  const studio = connection({ issues: ["a frame rate is text", "no paging links"] });
  const trial = connection({ name: "trial", server: null, state: "refused", asOf: null, problem });
  const remote = source("studio/d", "Stage", "studio");

  const show = (connections: ConnectionView[], sources = [...SOURCES, remote]) =>
    act(async () =>
      useDesk.setState({ sources, workspace: { connections } as unknown as WorkspaceView }),
    );
  const page = (testId: string) =>
    document.querySelector<HTMLElement>(`[data-testid=${testId}]`) ?? undefined;

  it("puts sources below where they are, and says how each server stands", async () => {
    await show([studio, trial]);
    expect(rows()).toEqual([
      expect.stringContaining("This machine3 sources"),
      expect.stringContaining("Meadow"),
      expect.stringContaining("Forecourt"),
      expect.stringContaining("Gallery"),
      expect.stringContaining("studioTAMOSS 8.2Online1 source"),
      expect.stringContaining("2 odd answers"),
      expect.stringContaining("Stage"),
      expect.stringContaining("trialCredentials refused"),
    ]);
    const notes = [...document.querySelectorAll(".note")].map((note) => note.textContent);
    expect(notes).toEqual([
      "trial refuses the credentials. Set its token anew. credentials_refused",
      "Its sources are listed when it takes the credentials.",
    ]);
    const levels = [...document.querySelectorAll("[role=treeitem]")].map((row) =>
      row.getAttribute("aria-level"),
    );
    expect(levels).toEqual(["1", "2", "2", "2", "1", "2", "2", "1"]);
  });

  it("is walked through by keys: headers fold, odd answers unfold, sources open", async () => {
    await show([studio]);
    await key("ArrowDown");
    expect(selected()).toContain("This machine");
    await key("ArrowLeft");
    expect(rows()[1]).toContain("studio");
    expect(useView.getState().foldedGroups).toEqual([""]);
    await key("ArrowDown");
    await key("ArrowDown");
    expect(selected()).toContain("2 odd answers");
    await key("ArrowRight");
    expect(document.body.textContent).toContain("no paging links");
    await key("ArrowLeft");
    expect(document.body.textContent).not.toContain("no paging links");
    await key("ArrowDown");
    expect(selected()).toContain("Stage");
    await key("Enter");
    expect(asked).toContainEqual({
      command: "source_open",
      args: { flowId: "studio/d-main", frame: null },
    });
    for (const expected of ["Stage", "Stage", "studio"]) {
      await key("ArrowLeft");
      expect(selected()).toContain(expected);
    }
    await key("Enter");
    expect(rows()).toHaveLength(2);
    await key("Home");
    await key("Enter");
    expect(rows()).toHaveLength(5);
  });

  it("finds across groups, folded ones too", async () => {
    await show([studio]);
    await act(async () => useView.getState().toggleGroup("studio", false));
    expect(rows()).toHaveLength(5);
    await search("stage");
    expect(rows().filter((row) => row.includes("Stage"))).toHaveLength(1);
    expect(rows()[0]).toContain("0 of 3");
    await search("");
    expect(rows()).toHaveLength(5);
  });

  it("asks one server, or all with the key", async () => {
    await show([studio, { ...trial, busy: true }]);
    await act(async () => page("ask-studio")?.click());
    expect(asked).toEqual([{ command: "connection_refresh", args: { name: "studio" } }]);
    expect(useView.getState().foldedGroups).toEqual([]);
    expect(page("ask-trial")).toHaveProperty("disabled", true);
    await act(async () => page("connections-refresh")?.click());
    expect(asked.at(-1)).toEqual({ command: "connection_refresh", args: { name: null } });
  });

  it("is shown from elsewhere at a server, whatever was searched for", async () => {
    await show([studio, trial]);
    await search("gallery");
    await act(async () => showConnection("trial"));
    expect(selected()).toContain("trial");
    expect(document.querySelector<HTMLInputElement>("[data-testid=search]")?.value).toBe("");
  });

  it("invites to add footage where this machine has none", async () => {
    await show([studio], [remote]);
    expect(document.body.textContent).toContain("No sources yet");
    expect(page("add-your-own")).toBeDefined();
    expect(page("browser-empty")).toBeUndefined();
    await show([studio]);
    expect(page("add-your-own")).toBeUndefined();
  });
});
