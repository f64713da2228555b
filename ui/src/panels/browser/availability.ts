/** What a badge says about where media are. */

import type { Availability, FlowView, SourceView } from "../../backend/generated";

/** How a badge looks and what it says. */
export interface Badge {
  readonly look: "cached" | "part" | "online" | "gone";
  readonly word: string;
  /** What that means. */
  readonly means: string;
  /** What to do about it; empty when nothing has to be done. */
  readonly next: string;
}

/** Of the flow that is opened first, for that is what is cut; cached only when every flow is. */
export function availabilityOf(source: SourceView): Availability {
  const kinds = source.flows
    .filter(({ playable }) => playable)
    .map(({ availability }) => availability);
  const [first = "missing"] = kinds;
  return first === "cached" && kinds.some((kind) => kind !== "cached") ? "partial" : first;
}

/** `share` of the media that is here, in percent, where it is known. */
export function badgeOf(availability: Availability, share: number | null): Badge {
  switch (availability) {
    case "cached":
      return {
        look: "cached",
        word: "Cached",
        means: "All of it is on this machine.",
        next: "It can be used without a network.",
      };
    case "partial":
      return {
        look: "part",
        word: shareWord(share),
        means: share === null ? "A part of it is on this machine." : "So much is on this machine.",
        next: "Open a flow to see which part.",
      };
    case "online":
      return {
        look: "online",
        word: "Online",
        means: "It is at a server that answers.",
        next: "It is fetched when you use it.",
      };
    case "offline":
      return {
        look: "part",
        word: "Not cached",
        means: "It is at a server that does not answer now.",
        next: "It can be used when the server is back; F5 asks again.",
      };
    case "expired":
      return {
        look: "gone",
        word: "Expired",
        means: "The server still lists it but gives its media out no more.",
        next: "Use another flow, or ask whoever runs the server.",
      };
    case "missing":
      return {
        look: "gone",
        word: "Missing",
        means: "It is neither on this machine nor at a server.",
        next: "Add the footage again, or use another flow.",
      };
  }
}

/** Nothing of it can be used now. */
export function isUnusable(availability: Availability): boolean {
  return availability === "offline" || availability === "expired" || availability === "missing";
}

/** Where the media are that are not here, of a flow with this availability. */
export function awayWords(availability: Availability): string {
  switch (availability) {
    case "online":
      return "at the server, fetched when used";
    case "offline":
      return "at the server, which does not answer";
    case "expired":
      return "no longer given out by the server";
    case "cached":
    case "partial":
    case "missing":
      return "not on this machine";
  }
}

/** A frame that shows what it is: a tenth in, because many begin black. */
export function posterFrame(flow: FlowView): number {
  if (!flow.frameRate || flow.frameRate.denominator <= 0) return 0;
  const { numerator, denominator } = flow.frameRate;
  return Math.max(0, Math.floor((flow.durationMs * numerator) / (10_000 * denominator)));
}

/** A part is never rounded to nothing. */
function shareWord(share: number | null): string {
  if (share === null) return "In part";
  return share < 1 ? "< 1 %" : `${share} %`;
}
