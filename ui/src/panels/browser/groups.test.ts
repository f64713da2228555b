import { describe, expect, it } from "vitest";
import type { ConnectionState, ConnectionView, SourceView } from "../../backend/generated";
import {
  connectionTip,
  emptyGroupWords,
  type Group,
  groupCount,
  groupsOf,
  groupTitle,
  stateWords,
  THIS_MACHINE,
} from "./groups";

const NOON = new Date(2026, 2, 1, 12, 0).getTime();

function connection(over: Partial<ConnectionView> = {}): ConnectionView {
  return {
    name: "studio",
    address: "https://tams.example",
    server: "TAMOSS 8.2",
    state: "online",
    busy: false,
    asOf: new Date(2026, 2, 1, 11, 5).toISOString(),
    problem: null,
    issues: [],
    ...over,
  };
}

function source(id: string, at: string | null): SourceView {
  const rest = { created: null, flows: [], previewFlow: null, bestFlow: null, tags: [] };
  return { id, connection: at, title: id, ...rest };
}

const here = source("a", null);
const there = source("studio/b", "studio");
const also = source("studio/c", "studio");

describe("groupsOf", () => {
  it("makes none where everything is in one place", () => {
    expect(groupsOf([here], [here], [])).toEqual([]);
  });

  it("puts this machine first, then the connections in their order, empty ones too", () => {
    const connections = [connection(), connection({ name: "archive" })];
    const groups = groupsOf([there, here, also], [also, here], connections);
    expect(groups.map(({ id, sources, all }) => [id, sources.map(({ id }) => id), all])).toEqual([
      [THIS_MACHINE, ["a"], 1],
      ["studio", ["studio/c"], 2],
      ["archive", [], 0],
    ]);
    expect(groups.map(groupTitle)).toEqual(["This machine", "studio", "archive"]);
    expect(groups.map(groupCount)).toEqual(["1 source", "1 of 2", "0 sources"]);
  });

  it("loses no source whose connection it does not know", () => {
    const groups = groupsOf([source("old/x", "old")], [source("old/x", "old")], [connection()]);
    expect(groups.map(({ id, sources }) => [id, sources.length])).toEqual([
      [THIS_MACHINE, 0],
      ["studio", 0],
      ["old", 1],
    ]);
  });
});

describe("a connection in words", () => {
  const words = (over: Partial<ConnectionView>) => stateWords(connection(over), NOON).word;

  it("says its state, and how old a listing is that can't be renewed", () => {
    expect(words({})).toBe("Online");
    expect(words({ state: "connecting" })).toBe("Connecting");
    expect(words({ state: "offline" })).toBe("Offline, as of 11:05");
    expect(words({ state: "offline", asOf: null })).toBe("Offline");
    const yesterday = new Date(2026, 1, 28, 17, 40).toISOString();
    expect(words({ state: "offline", asOf: yesterday })).toBe("Offline, as of yesterday 17:40");
    expect(words({ state: "refused" })).toBe("Credentials refused");
    expect(words({ state: "wrong" })).toBe("No TAMS server");
  });

  it("keeps the rest for the tooltip", () => {
    expect(connectionTip(connection(), NOON)).toBe("https://tams.example\nTAMOSS 8.2\nRead 11:05");
    const new_ = connection({ server: null, asOf: null, busy: true });
    expect(connectionTip(new_, NOON)).toBe(
      "https://tams.example\nIt is being asked now\nNothing was read of it yet",
    );
  });

  it("counts nothing of a server that was never read", () => {
    const [, group] = groupsOf([], [], [connection({ asOf: null })]);
    expect(group && groupCount(group)).toBe("");
  });
});

describe("an empty group", () => {
  const empty = (state: ConnectionState, asOf: string | null = null): Group => ({
    id: "studio",
    connection: connection({ state, asOf }),
    sources: [],
    all: 0,
  });

  it("says why, and what fills it", () => {
    const states: ConnectionState[] = ["connecting", "offline", "refused", "wrong"];
    const words = [...states.map((state) => empty(state)), empty("online", "2026-01-01T00:00:00Z")];
    const said = words.map(emptyGroupWords);
    expect(said).not.toContain(null);
    expect(new Set(said).size).toBe(said.length);
    expect(emptyGroupWords(empty("online"))).toBe(emptyGroupWords(empty("connecting")));
    const local = { id: THIS_MACHINE, connection: null, sources: [], all: 0 };
    expect(emptyGroupWords(local)).toContain("No sources yet");
  });

  it("is not said to be empty where only the search leaves nothing", () => {
    expect(emptyGroupWords({ ...empty("online"), all: 3 })).toBeNull();
  });
});
