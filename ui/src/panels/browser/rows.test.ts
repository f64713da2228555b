import { describe, expect, it } from "vitest";
import type { ConnectionView, FlowView, SourceView } from "../../backend/generated";
import { groupsOf } from "./groups";
import {
  groupedRows,
  guessedHeight,
  inView,
  type Opened,
  rowsOf,
  scrollTo,
  stepFrom,
  topsOf,
} from "./rows";

function flow(id: string): FlowView {
  return {
    id,
    title: id,
    format: "video",
    playable: true,
    availability: "cached",
    timerange: "[0:0_1:0)",
    durationMs: 1000,
    frameRate: null,
    width: 2,
    height: 2,
    sound: false,
  };
}

function source(id: string, connection: string | null = null): SourceView {
  const flows = [flow(`${id}1`), flow(`${id}2`)];
  const rest = { created: null, previewFlow: null, bestFlow: null, tags: [] };
  return { id, connection, title: id, flows, ...rest };
}

const sources = [source("a"), source("b"), source("c")];

describe("rowsOf", () => {
  it("unfolds flows and shows one bar below them", () => {
    const rows = rowsOf(sources, new Set(["b"]), "b2");
    expect(rows.map((row) => row.key)).toEqual(["a", "b", "b/b1", "b/b2", "b/bar", "c"]);
    expect(topsOf(rows)).toEqual([0, 40, 80, 108, 136, 172, 212]);
  });

  it("shows no bar where its source is folded", () => {
    expect(rowsOf(sources, new Set(), "b2").map((row) => row.kind)).toEqual([
      "source",
      "source",
      "source",
    ]);
  });
});

describe("groupedRows", () => {
  const studio: ConnectionView = {
    name: "studio",
    address: "",
    server: null,
    state: "offline",
    busy: false,
    asOf: null,
    problem: { code: "unreachable", title: "T", detail: "D", hint: "H.", retryable: true },
    issues: ["one", "two"],
  };
  const listed = [source("a"), source("studio/b", "studio")];
  const opened: Opened = {
    sources: new Set(["studio/b"]),
    barFlow: null,
    foldedGroups: new Set(),
    issues: new Set(),
    width: 304,
  };
  const keys = (over: Partial<Opened>, sources = listed) => {
    const groups = groupsOf(sources, sources, [studio]);
    return groupedRows(groups, { ...opened, ...over }).map(({ key }) => key);
  };

  it("puts what is to be said of a server between its header and its sources", () => {
    expect(keys({})).toEqual([
      "group:",
      "a",
      "group:studio",
      "problem:studio",
      "issues:studio",
      "studio/b",
      "studio/b/studio/b1",
      "studio/b/studio/b2",
    ]);
    expect(keys({ issues: new Set(["studio"]) }).slice(4, 7)).toEqual([
      "issues:studio",
      "issue:studio:0",
      "issue:studio:1",
    ]);
  });

  it("leaves only the header of a folded group, unless a search opens all", () => {
    const folded = { foldedGroups: new Set(["", "studio"]) };
    expect(keys(folded)).toEqual(["group:", "group:studio"]);
    expect(keys({ foldedGroups: null })).toEqual(keys({}));
  });

  it("says why a group is empty", () => {
    expect(keys({}, [])).toEqual([
      "group:",
      "empty:",
      "group:studio",
      "problem:studio",
      "issues:studio",
      "empty:studio",
    ]);
  });

  it("steps over notes, from header to header", () => {
    const rows = groupedRows(groupsOf([], [], [studio]), opened);
    const at = (index: number) => rows[index]?.key;
    expect(at(stepFrom(rows, -1, 1))).toBe("group:");
    expect(at(stepFrom(rows, 0, 1))).toBe("group:studio");
    expect(at(stepFrom(rows, 2, 1))).toBe("issues:studio");
    const drawn = new Map([["problem:studio", 60]]);
    expect(topsOf(rows, drawn).slice(2, 6)).toEqual([70, 110, 170, 194]);
  });
});

describe("guessedHeight", () => {
  const note = { look: "quiet", what: "", next: "x".repeat(100), code: "", detail: "" } as const;
  it("grows with the words and in a narrow list", () => {
    expect(guessedHeight({ ...note, next: "short" }, 304)).toBe(26);
    expect(guessedHeight(note, 304)).toBe(58);
    expect(guessedHeight(note, 480)).toBe(42);
    expect(guessedHeight(note, 0)).toBeGreaterThan(58);
  });
});

describe("inView", () => {
  const rows = rowsOf(
    Array.from({ length: 300 }, (_, index) => source(`s${index}`)),
    new Set(),
    null,
  );
  const tops = topsOf(rows);

  it("keeps a window of rows, however long the list", () => {
    expect(inView(tops, 0, 400, 0)).toEqual({ first: 0, end: 10 });
    expect(inView(tops, 4000, 400, 0)).toEqual({ first: 99, end: 110 });
    expect(inView(tops, 12_000, 400, 0)).toEqual({ first: 299, end: 300 });
  });

  it("covers every pixel in view", () => {
    for (let scroll = 0; scroll < 11_600; scroll += 37) {
      const { first, end } = inView(tops, scroll, 400, 0);
      expect(tops[first]).toBeLessThanOrEqual(scroll);
      expect(tops[end]).toBeGreaterThanOrEqual(scroll + 400);
    }
  });

  it("is empty without rows", () => {
    expect(inView([0], 0, 400)).toEqual({ first: 0, end: 0 });
  });
});

describe("scrollTo", () => {
  const tops = [0, 40, 80, 120, 160];
  it("moves only as far as it has to", () => {
    expect(scrollTo(tops, 1, 0, 100)).toBe(0);
    expect(scrollTo(tops, 3, 0, 100)).toBe(60);
    expect(scrollTo(tops, 0, 60, 100)).toBe(0);
  });
});

describe("stepFrom", () => {
  const rows = rowsOf(sources, new Set(["b"]), "b1");
  it("skips the bar and holds at the ends", () => {
    expect(stepFrom(rows, 3, 1)).toBe(5);
    expect(stepFrom(rows, 5, -1)).toBe(3);
    expect(stepFrom(rows, 0, -1)).toBe(0);
    expect(stepFrom(rows, 5, 10)).toBe(5);
  });
  it("begins at an end when nothing is chosen", () => {
    expect(stepFrom(rows, -1, 1)).toBe(0);
    expect(stepFrom(rows, -1, -1)).toBe(5);
    expect(stepFrom([], -1, 1)).toBe(-1);
  });
});
