import { describe, expect, it } from "vitest";
import { next, OPENING, type Phase, type Player, type Signal, type Sta } from "./player";

type Step = Signal["type"] | Signal;

function run(...steps: Step[]): Player {
  return steps
    .map((step): Signal => (typeof step === "string" ? ({ type: step } as Signal) : step))
    .reduce(next, OPENING);
}

const LIVE: Signal = { type: "opened", link: "live" };

/** The states that are reported on the way, each once. */
function reported(...steps: Step[]): Sta[] {
  const states = steps.map((_, i) => run(...steps.slice(0, i + 1)).sta);
  return states.filter((sta, i): sta is Sta => sta !== undefined && sta !== states[i - 1]);
}

describe("a visit", () => {
  it("that plays to the end and again", () => {
    const steps: Step[] = [
      LIVE,
      "play",
      "playing",
      "paused",
      "ended",
      "seeking",
      "play",
      "playing",
    ];
    expect(reported(...steps)).toEqual(["d", "s", "p", "a", "e", "k", "p"]);
    expect(run(...steps)).toEqual({ phase: "playing", sta: "p", started: true, wanted: true });
  });

  it("that stalls says so once it played, and only then", () => {
    expect(reported(LIVE, "play", "waiting", "playing", "waiting", "playing")).toEqual([
      ...["d", "s", "p", "r", "p"],
    ]);
  });

  it("whose tap came before the server's answer plays when it is there", () => {
    expect(run("play")).toMatchObject({ phase: "opening", wanted: true });
    expect(run("play", LIVE)).toMatchObject({ phase: "loading", sta: "s" });
  });

  it("that the browser does not let play goes back to the poster", () => {
    expect(run(LIVE, "play", "refused")).toMatchObject({ phase: "poster", wanted: false });
    expect(run(LIVE, "play", "playing", "paused", "play", "refused").phase).toBe("paused");
  });

  it("seeks while playing and while paused", () => {
    expect(reported(LIVE, "play", "playing", "seeking", "playing")).toEqual([
      "d",
      "s",
      "p",
      "k",
      "p",
    ]);
    const paused: Step[] = [LIVE, "play", "playing", "paused", "seeking"];
    expect(run(...paused)).toMatchObject({ phase: "paused", sta: "k" });
    expect(run(...paused, "seeked")).toMatchObject({ phase: "paused", sta: "a" });
  });

  it("ends when the page is left, and goes on when it comes back", () => {
    expect(run(LIVE, "left").sta).toBe("q");
    expect(run(LIVE, "left", "returned")).toMatchObject({ phase: "poster", sta: "d" });
    const watched: Step[] = [LIVE, "play", "playing", "left"];
    expect(run(...watched).sta).toBe("q");
    expect(run(...watched, "returned")).toMatchObject({ phase: "paused", sta: "a" });
  });

  it("whose link was renewed goes on where it was", () => {
    expect(run(LIVE, "play", "playing", LIVE)).toMatchObject({ phase: "loading", sta: "r" });
    expect(run(LIVE, "play", "playing", "paused", LIVE)).toMatchObject({ phase: "paused" });
  });
});

describe("a link that is not live", () => {
  for (const link of ["expired", "revoked", "notfound", "failed"] as const) {
    it(`shows ${link} and reports nothing`, () => {
      expect(reported({ type: "opened", link }, "play", "playing", "left")).toEqual([]);
      expect(run({ type: "opened", link }, "play", "playing").phase).toBe(link);
    });
  }

  it("stops a video that plays", () => {
    const gone = run(LIVE, "play", "playing", { type: "opened", link: "revoked" });
    expect(gone).toMatchObject({ phase: "revoked", wanted: false });
    expect(next(gone, { type: "playing" })).toBe(gone);
  });
});

describe("trouble", () => {
  it("before the video is not reported, after it as fatal", () => {
    expect(run("offline")).toMatchObject({ phase: "offline", sta: undefined });
    expect(run(LIVE, "play", "failed")).toMatchObject({ phase: "failed", sta: "f" });
    expect(run(LIVE, "unsupported")).toMatchObject({ phase: "unsupported", sta: "f" });
  });

  it("is left by another try", () => {
    for (const trouble of ["offline", "failed", "unsupported"] as const) {
      expect(run(trouble, "retry").phase).toBe("opening");
      expect(run(trouble, "retry", LIVE).phase).toBe("poster");
    }
    expect(run(LIVE, "play", "playing", "retry").phase).toBe("playing");
  });
});

it("a signal that changes nothing answers the same state", () => {
  const signals: Step[] = [
    LIVE,
    "play",
    "playing",
    "waiting",
    "seeking",
    "paused",
    "ended",
    "left",
  ];
  for (let length = 0; length <= signals.length; length++) {
    const player = run(...signals.slice(0, length));
    for (const type of ["seeked", "retry", "play", "playing", "waiting", "paused"] as const) {
      const again = next(next(player, { type }), { type });
      expect(next(again, { type })).toBe(again);
    }
  }
});

it("never shows controls of a video that is not there", () => {
  const phases: Phase[] = ["expired", "revoked", "notfound", "offline", "unsupported", "failed"];
  for (const phase of phases) {
    const player: Player = { ...OPENING, phase };
    for (const type of ["play", "playing", "waiting", "seeking", "paused", "ended"] as const) {
      expect(next(player, { type }).phase).toBe(phase);
    }
  }
});
