/** What a badge says about media that are, or are not, on this machine. */

import type { Availability, FlowView, SourceView } from "../../backend/generated";

/** How a badge looks and what it says. */
export interface Badge {
  readonly look: "cached" | "part" | "online" | "gone";
  readonly word: string;
  readonly means: string;
}

/** Of all its flows that have media. */
export function availabilityOf(source: SourceView): Availability {
  const kinds = new Set(
    source.flows.filter(({ playable }) => playable).map(({ availability }) => availability),
  );
  if (kinds.size === 0) return "missing";
  const [only] = kinds;
  return kinds.size === 1 && only ? only : "partial";
}

/** `share` in percent where it is known; `reach` of the stores that could have the rest. */
export function badgeOf(
  availability: Availability,
  share: number | null,
  reach: "none" | "online" | "offline",
): Badge {
  if (availability === "cached") {
    return { look: "cached", word: "Cached", means: "Every byte is on this machine" };
  }
  if (availability === "partial" && share !== 0) {
    const word = share === null ? "In part" : `${share} %`;
    return { look: "part", word, means: "This share is on this machine" };
  }
  switch (reach) {
    case "online":
      return { look: "online", word: "Online", means: "In the store, fetched when used" };
    case "offline":
      return { look: "part", word: "Not cached", means: "In the store, which does not answer now" };
    case "none":
      return { look: "gone", word: "Missing", means: "Its media are not on this machine" };
  }
}

/** A frame that shows what it is: a tenth in, because many begin black. */
export function posterFrame(flow: FlowView): number {
  if (!flow.frameRate || flow.frameRate.denominator <= 0) return 0;
  const { numerator, denominator } = flow.frameRate;
  return Math.max(0, Math.floor((flow.durationMs * numerator) / (10_000 * denominator)));
}
