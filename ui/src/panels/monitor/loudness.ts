/** Loudness in words. Pure. */
import type { LoudnessView } from "../../backend/generated";

/** What broadcasters allow between samples (EBU R 128), in tenths of dBTP. */
const PEAK_LIMIT = -10;

/** Tenths as people write them: `−18.2`, `—` when there is nothing to say. */
export function tenthsText(tenths: number | null): string {
  return tenths === null ? "—" : (tenths / 10).toFixed(1).replace("-", "−");
}

/** The peak is higher than broadcasters allow. */
export function isTooHigh({ truePeak }: LoudnessView): boolean {
  return truePeak !== null && truePeak > PEAK_LIMIT;
}
