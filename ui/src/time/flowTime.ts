/** Times on a flow's timeline as people read them. Whole nanoseconds, so that nothing is rounded. Pure. */

const SECOND = 1_000_000_000n;
/** Times from here on are dates; flows that begin at 0 are not (the spring of 1973 is not missed). */
const FIRST_DATE = 1_000_000_000n * SECOND;

/** As TAMS writes it: `1764547200:40000000`, before zero `-1:500000000`. */
export function tamsTime(nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${nanoseconds < 0n ? "-" : ""}${magnitude / SECOND}:${magnitude % SECOND}`;
}

/**
 * The date and time of day in UTC, `2025-12-01 00:00:03.040Z`; `null` when the time can be none. TAMS counts
 * TAI, which is `taiAhead` seconds ahead.
 */
export function wallClock(nanoseconds: bigint, taiAhead: number | null): string | null {
  if (taiAhead === null || nanoseconds < FIRST_DATE) return null;
  const milliseconds = (nanoseconds - BigInt(taiAhead) * SECOND) / 1_000_000n;
  const date = new Date(Number(milliseconds));
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace("T", " ");
}
