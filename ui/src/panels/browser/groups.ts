/** The browser's sources by where they are: this machine, and one group for each TAMS server. */

import type { ConnectionView, SourceView } from "../../backend/generated";
import type { Tone } from "../../design";
import { count, grouped, whenWords } from "../../time/words";

/** Id of the group of this machine; that of a connection is its name. */
export const THIS_MACHINE = "";

/** Sources that are in one place. */
export interface Group {
  readonly id: string;
  /** `null` for this machine, and for a server that is no longer configured. */
  readonly connection: ConnectionView | null;
  /** What the search leaves. */
  readonly sources: readonly SourceView[];
  /** How many there are without a search. */
  readonly all: number;
}

/** How the state of a connection is drawn and said. */
export interface StateWords {
  readonly tone: Tone;
  readonly shape?: "ring" | "half";
  readonly word: string;
}

/** The group that a source is in. */
export function groupOf(source: SourceView): string {
  return source.connection ?? THIS_MACHINE;
}

/**
 * This machine first, then the connections in their order; none at all where there are no
 * connections, because then everything is in one place.
 */
export function groupsOf(
  sources: readonly SourceView[],
  wanted: readonly SourceView[],
  connections: readonly ConnectionView[],
): Group[] {
  if (connections.length === 0) return [];
  const byName = new Map(connections.map((one) => [one.name, one]));
  const ids = new Set([THIS_MACHINE, ...byName.keys(), ...sources.map(groupOf)]);
  const all = gathered(sources);
  const left = gathered(wanted);
  return [...ids].map((id) => ({
    id,
    connection: byName.get(id) ?? null,
    sources: left.get(id) ?? [],
    all: all.get(id)?.length ?? 0,
  }));
}

/** What a group is called. */
export function groupTitle({ id }: Group): string {
  return id === THIS_MACHINE ? "This machine" : id;
}

/** `4 sources`, `2 of 4`; nothing for a server of which nothing was ever read. */
export function groupCount({ connection, sources, all }: Group): string {
  if (connection && connection.asOf === null && all === 0) return "";
  return sources.length === all
    ? count(all, "source")
    : `${grouped(sources.length)} of ${grouped(all)}`;
}

/** `now` in milliseconds since the Unix epoch, to say how old a listing is. */
export function stateWords(connection: ConnectionView, now: number): StateWords {
  switch (connection.state) {
    case "connecting":
      return { tone: "slate", shape: "ring", word: "Connecting" };
    case "online":
      return { tone: "ok", word: "Online" };
    case "offline": {
      const when = whenWords(connection.asOf, now);
      const word = when === "" ? "Offline" : `Offline, as of ${when}`;
      return { tone: "warn", shape: "half", word };
    }
    case "refused":
      return { tone: "error", word: "Credentials refused" };
    case "wrong":
      return { tone: "error", word: "No TAMS server" };
  }
}

/** All that a header has no room for, in lines. */
export function connectionTip(connection: ConnectionView, now: number): string {
  const read = whenWords(connection.asOf, now);
  const lines = [
    connection.address,
    connection.server,
    connection.busy ? "It is being asked now" : null,
    read === "" ? "Nothing was read of it yet" : `Read ${read}`,
  ];
  return lines.filter(Boolean).join("\n");
}

/** Why a group has no sources; `null` when it has some, or only the search leaves none. */
export function emptyGroupWords({ id, connection, all }: Group): string | null {
  if (all > 0) return null;
  if (connection === null) {
    return id === THIS_MACHINE ? "No sources yet. What you add is listed here." : null;
  }
  switch (connection.state) {
    case "connecting":
      return "Its sources are being read.";
    case "online":
      return connection.asOf === null
        ? "Its sources are being read."
        : "It has no sources. What is registered there is listed here.";
    case "offline":
      return "Nothing was read of it before. Its sources are listed when it answers.";
    case "refused":
      return "Its sources are listed when it takes the credentials.";
    case "wrong":
      return "Its sources are listed when a TAMS server answers there.";
  }
}

function gathered(sources: readonly SourceView[]): Map<string, SourceView[]> {
  const byGroup = new Map<string, SourceView[]>();
  for (const source of sources) {
    const group = byGroup.get(groupOf(source));
    if (group) group.push(source);
    else byGroup.set(groupOf(source), [source]);
  }
  return byGroup;
}
