/** Which sources a search and the filters leave. */

import type { FlowView, SourceView } from "../../backend/generated";

/** What a filter keeps: sources with a flow of that kind, or with all their media here. */
export type Filter = "video" | "audio" | "cached";

/** The filters in the order of their chips. */
export const FILTERS: readonly { readonly id: Filter; readonly title: string }[] = [
  { id: "video", title: "Video" },
  { id: "audio", title: "Audio" },
  { id: "cached", title: "Cached" },
];

/** What the browser shows. */
export interface Wanted {
  readonly query: string;
  /** A source stays when every one of them keeps it. */
  readonly filters: ReadonlySet<Filter>;
}

/** The sources that are left, in their order. */
export function wantedSources(sources: readonly SourceView[], wanted: Wanted): SourceView[] {
  const words = folded(wanted.query).split(/\s+/).filter(Boolean);
  return sources.filter(
    (source) =>
      [...wanted.filters].every((filter) => keeps(filter, source)) &&
      (words.length === 0 || foundBy(words, source)),
  );
}

/** Every word occurs in a title, a tag or an id; accents and case don't count. */
function foundBy(words: readonly string[], source: SourceView): boolean {
  const text = folded(
    [
      source.title,
      source.id,
      ...source.tags,
      ...source.flows.flatMap((flow) => [flow.title, flow.id]),
    ].join("\n"),
  );
  return words.every((word) => text.includes(word));
}

function keeps(filter: Filter, source: SourceView): boolean {
  switch (filter) {
    case "video":
      return source.flows.some(hasPictures);
    case "audio":
      return source.flows.some((flow) => flow.format === "audio" || flow.sound);
    case "cached":
      return (
        source.flows.length > 0 && source.flows.every((flow) => flow.availability === "cached")
      );
  }
}

/** There is something to see. */
export function hasPictures(flow: FlowView): boolean {
  return flow.format === "video" || (flow.format === "multi" && flow.width > 0);
}

/** The flow that Enter on a source opens: the one to look at, else the first that can be played. */
export function flowToOpen(source: SourceView): FlowView | undefined {
  const playable = source.flows.filter((flow) => flow.playable);
  return playable.find(({ id }) => id === source.previewFlow) ?? playable[0];
}

function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
