import { describe, expect, it } from "vitest";
import type { FlowView, SourceView } from "../../backend/generated";
import { type Filter, flowToOpen, wantedSources } from "./search";

function flow(over: Partial<FlowView>): FlowView {
  return {
    id: "f-0",
    title: "1080p25 · H.264 · 8 Mb/s",
    format: "video",
    playable: true,
    availability: "cached",
    timerange: "[0:0_30:0)",
    durationMs: 30_000,
    frameRate: { numerator: 25, denominator: 1 },
    width: 1920,
    height: 1080,
    sound: false,
    ...over,
  };
}

function source(over: Partial<SourceView>): SourceView {
  return {
    id: "s-0",
    connection: null,
    title: "Forecourt",
    created: null,
    flows: [flow({})],
    previewFlow: null,
    bestFlow: null,
    tags: [],
    ...over,
  };
}

const café = source({ id: "aa11", title: "Café · évening", tags: ["desk=culture"] });
const sound = source({
  id: "bb22",
  title: "Night market bed",
  flows: [flow({ id: "flow-77", format: "audio", width: 0, height: 0, title: "Stereo · AAC" })],
});
const away = source({ id: "cc33", title: "Gallery", flows: [flow({ availability: "missing" })] });
const all = [café, sound, away];

function titles(query: string, ...filters: Filter[]): string[] {
  return wantedSources(all, { query, filters: new Set(filters) }).map(({ title }) => title);
}

describe("wantedSources", () => {
  it("keeps everything in order without a search", () => {
    expect(titles("  ")).toEqual(["Café · évening", "Night market bed", "Gallery"]);
  });

  it("finds by title without accents or case, by id, tag and flow", () => {
    expect(titles("CAFE evening")).toEqual(["Café · évening"]);
    expect(titles("bb22")).toEqual(["Night market bed"]);
    expect(titles("culture")).toEqual(["Café · évening"]);
    expect(titles("flow-77")).toEqual(["Night market bed"]);
    expect(titles("stereo aac")).toEqual(["Night market bed"]);
  });

  it("finds what is at a connection by its name", () => {
    const remote = source({ id: "studio/dd44", connection: "studio", title: "Stage" });
    const wanted = { query: "studio", filters: new Set<Filter>() };
    expect(wantedSources([...all, remote], wanted)).toEqual([remote]);
  });

  it("wants every word", () => {
    expect(titles("cafe market")).toEqual([]);
  });

  it("filters by kind and by what is here, all together", () => {
    expect(titles("", "audio")).toEqual(["Night market bed"]);
    expect(titles("", "video")).toEqual(["Café · évening", "Gallery"]);
    expect(titles("", "video", "cached")).toEqual(["Café · évening"]);
    expect(titles("", "video", "audio")).toEqual([]);
  });
});

describe("flowToOpen", () => {
  it("skips flows without segments", () => {
    const collected = flow({ id: "v" });
    expect(flowToOpen(source({ flows: [flow({ id: "m", playable: false }), collected] }))).toEqual(
      collected,
    );
    expect(flowToOpen(source({ flows: [] }))).toBeUndefined();
  });
  it("prefers the flow to look at, where it can be played", () => {
    const [best, light] = [flow({ id: "best" }), flow({ id: "light" })];
    const two = source({ flows: [best, light], previewFlow: "light", bestFlow: "best" });
    expect(flowToOpen(two)).toEqual(light);
    expect(flowToOpen({ ...two, previewFlow: "gone" })).toEqual(best);
    const away = { ...light, playable: false };
    expect(flowToOpen({ ...two, flows: [best, away] })).toEqual(best);
  });
});
