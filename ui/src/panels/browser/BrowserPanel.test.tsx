// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../../backend/backend";
import type { JobView, SourceView } from "../../backend/generated";
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

function source(id: string, title: string): SourceView {
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
    title,
    created: null,
    tags: [],
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
  useDesk.setState({ ready: true, sources: SOURCES, jobs: [] });
  useView.setState({ selectedSource: null, selectedFlow: null, openSources: [] });
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
