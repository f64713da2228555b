/** Reads TAMS timeranges, to draw where media lie; exact nanoseconds. */

/** Nanoseconds since the flow's epoch; `null` where it is open. */
export interface Extent {
  readonly start: bigint | null;
  readonly end: bigint | null;
}

const TIMESTAMP = "(-?\\d{1,19}):(\\d{1,9})";
const TIMERANGE = new RegExp(`^[[(]?(?:${TIMESTAMP})?_?(?:${TIMESTAMP})?[\\])]?$`);

/** `[s:ns_s:ns)`; `null` when it is not a timerange or never. */
export function extentOf(timerange: string): Extent | null {
  if (timerange === "()") return null;
  const match = TIMERANGE.exec(timerange);
  if (!match) return null;
  const start = nanoseconds(match[1], match[2]);
  const end = nanoseconds(match[3], match[4]);
  const instant = !timerange.includes("_");
  return { start, end: instant ? start : end };
}

/** Nanoseconds in it; `null` when it is open or never. */
export function lengthOf(timerange: string): bigint | null {
  const extent = extentOf(timerange);
  if (!extent || extent.start === null || extent.end === null) return null;
  return extent.end - extent.start;
}

function nanoseconds(seconds: string | undefined, rest: string | undefined): bigint | null {
  if (seconds === undefined || rest === undefined) return null;
  const negative = seconds.startsWith("-");
  const size = BigInt(negative ? seconds.slice(1) : seconds) * 1_000_000_000n + BigInt(rest);
  return negative ? -size : size;
}
