/** Sound levels: where a peak stands on the meter, and how long it is held. All pure. */

/** dBFS and how far below the top of the meter it stands, from 0 to 1. */
const SCALE: readonly (readonly [number, number])[] = [
  [0, 0],
  [-6, 0.1],
  [-12, 0.23],
  [-20, 0.385],
  [-30, 0.565],
  [-40, 0.745],
  [-60, 1],
];

/** The numbers beside the meter, in dB below full scale. */
export const METER_MARKS: readonly { readonly label: string; readonly depth: number }[] = SCALE.map(
  ([decibels, depth]) => ({ label: String(-decibels), depth }),
);

/** How far below the top a peak in tenths of dBFS stands; 1 when it is not known. */
export function meterDepth(tenths: number | null): number {
  if (tenths === null) return 1;
  const decibels = tenths / 10;
  let [aboveLevel, aboveDepth] = [0, 0];
  for (const [level, depth] of SCALE) {
    if (decibels >= level) {
      if (level === aboveLevel) return depth;
      const share = (aboveLevel - decibels) / (aboveLevel - level);
      return aboveDepth + share * (depth - aboveDepth);
    }
    [aboveLevel, aboveDepth] = [level, depth];
  }
  return 1;
}

/** How long the highest peak stays, in milliseconds. */
const HOLD = 1500;

/** The highest peak of the last while. */
export interface HeldPeak {
  readonly tenths: number | null;
  /** When it was reached, in milliseconds of any steady clock. */
  readonly since: number;
}

/** The held peak after a new level. */
export function holdPeak(held: HeldPeak, tenths: number | null, now: number): HeldPeak {
  if (tenths === null) return { tenths: null, since: now };
  const isHigher = held.tenths === null || tenths >= held.tenths;
  return isHigher || now - held.since > HOLD ? { tenths, since: now } : held;
}
