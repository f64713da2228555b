import { describe, expect, it } from "vitest";
import type { Availability, FlowView } from "../../backend/generated";
import { availabilityOf, awayWords, badgeOf, posterFrame } from "./availability";

function flow(availability: Availability, over: Partial<FlowView> = {}): FlowView {
  return {
    id: "f",
    title: "",
    format: "video",
    playable: true,
    availability,
    timerange: "",
    durationMs: 30_000,
    frameRate: { numerator: 30_000, denominator: 1001 },
    width: 2,
    height: 2,
    sound: false,
    ...over,
  };
}

function of(...flows: FlowView[]): Availability {
  return availabilityOf({
    id: "s",
    connection: null,
    title: "",
    created: null,
    flows,
    previewFlow: null,
    bestFlow: null,
    tags: [],
  });
}

describe("availabilityOf", () => {
  it("is cached when all flows with media are", () => {
    expect(of(flow("cached"), flow("cached"))).toBe("cached");
    expect(of(flow("cached"), flow("missing"))).toBe("partial");
    expect(of(flow("cached"), flow("missing", { playable: false }))).toBe("cached");
    expect(of(flow("missing"))).toBe("missing");
    expect(of()).toBe("missing");
  });
  it("is that of the flow to cut, whatever smaller one is here", () => {
    expect(of(flow("offline"), flow("cached"))).toBe("offline");
    expect(of(flow("expired"), flow("online"))).toBe("expired");
    expect(of(flow("missing", { playable: false }), flow("online"))).toBe("online");
  });
});

describe("badgeOf", () => {
  const ALL: Availability[] = ["cached", "partial", "online", "offline", "expired", "missing"];

  it("has a word, a meaning and a next step for each, none of them twice", () => {
    const badges = ALL.map((one) => badgeOf(one, 62));
    expect(badges.map(({ word }) => word)).toEqual([
      "Cached",
      "62 %",
      "Online",
      "Not cached",
      "Expired",
      "Missing",
    ]);
    for (const part of ["means", "next"] as const) {
      expect(new Set(badges.map((one) => one[part])).size).toBe(ALL.length);
    }
    expect(badges.map(({ look }) => look).join(" ")).toBe("cached part online part gone gone");
  });

  it("says the share where it is known, and never nothing of a part", () => {
    expect(badgeOf("partial", null).word).toBe("In part");
    expect(badgeOf("partial", 0).word).toBe("< 1 %");
    expect(badgeOf("online", 0).word).toBe("Online");
  });
});

describe("awayWords", () => {
  it("say where media are that are not here", () => {
    expect(awayWords("online")).toContain("fetched when used");
    expect(awayWords("offline")).toContain("does not answer");
    expect(awayWords("expired")).toContain("no longer");
    expect(awayWords("partial")).toBe("not on this machine");
  });
});

describe("posterFrame", () => {
  it("is a tenth in, and the first where frames can't be counted", () => {
    expect(posterFrame(flow("cached"))).toBe(89);
    expect(posterFrame(flow("cached", { frameRate: null }))).toBe(0);
  });
});
