import { describe, expect, it } from "vitest";
import type { Availability, FlowView } from "../../backend/generated";
import { availabilityOf, badgeOf, posterFrame } from "./availability";

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
  return availabilityOf({ id: "s", title: "", created: null, flows, tags: [] });
}

describe("availabilityOf", () => {
  it("is that of all flows with media", () => {
    expect(of(flow("cached"), flow("cached"))).toBe("cached");
    expect(of(flow("cached"), flow("missing"))).toBe("partial");
    expect(of(flow("cached"), flow("missing", { playable: false }))).toBe("cached");
    expect(of(flow("missing"))).toBe("missing");
    expect(of()).toBe("missing");
  });
});

describe("badgeOf", () => {
  it("says the share where it is known", () => {
    expect(badgeOf("partial", 62, "none").word).toBe("62 %");
    expect(badgeOf("partial", null, "none").word).toBe("In part");
    expect(badgeOf("partial", 0, "offline").word).toBe("Not cached");
  });
  it("tells media that a store has from media that are gone", () => {
    expect(badgeOf("missing", null, "online").word).toBe("Online");
    expect(badgeOf("missing", null, "offline").word).toBe("Not cached");
    expect(badgeOf("missing", null, "none")).toMatchObject({ look: "gone", word: "Missing" });
  });
});

describe("posterFrame", () => {
  it("is a tenth in, and the first where frames can't be counted", () => {
    expect(posterFrame(flow("cached"))).toBe(89);
    expect(posterFrame(flow("cached", { frameRate: null }))).toBe(0);
  });
});
