/** Times on a flow's timeline as people read them. Whole nanoseconds, so that nothing is rounded. Pure. */

const SECOND = 1_000_000_000n;
/** Times from here on, September 2001, are dates; those of flows that begin at 0 are not. */
const FIRST_DATE = 1_000_000_000n * SECOND;

/** When a flow has a picture. */
export interface Moment {
  /** In nanoseconds on the flow's own timeline; `null` when it is not known. */
  readonly time: bigint | null;
  /** Whole seconds that TAI is ahead of UTC then; `null` when that is not known. */
  readonly taiAhead: number | null;
}

/** As TAMS writes it: `1764547200:40000000`, before zero `-1:500000000`. */
export function tamsTime(nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${nanoseconds < 0n ? "-" : ""}${magnitude / SECOND}:${magnitude % SECOND}`;
}

/** In UTC: `2025-12-01` and `00:00:03.040`. */
export interface WallClock {
  readonly day: string;
  readonly ofDay: string;
}

/** The date and time of day in UTC; `null` when the time can be none. TAMS counts TAI, which is ahead. */
export function wallClock(moment: Moment | null): WallClock | null {
  if (noDate(moment) !== null || !moment?.time) return null;
  const ahead = BigInt(moment.taiAhead ?? 0) * SECOND;
  const [day = "", ofDay = ""] = new Date(Number((moment.time - ahead) / 1_000_000n))
    .toISOString()
    .split("T");
  return { day, ofDay: ofDay.replace("Z", "") };
}

/** Why a time is no date; `null` when it is one. */
export function noDate(moment: Moment | null): string | null {
  if (!moment) return "No picture is drawn here";
  if (moment.time === null) return "When the flow has this frame is not known here";
  if (moment.time < FIRST_DATE) return "The flow counts from 0, not from a date";
  if (moment.taiAhead === null) return "The leap seconds of this time are not known";
  return null;
}
