/** How loud what was played is, by EBU R 128. */

import type { LoudnessView } from "../../backend/generated";
import { isTooHigh, tenthsText } from "./loudness";

const TITLE = [
  "Loudness by EBU R 128, since play began",
  "M: the last 400 ms, in LUFS",
  "S: the last 3 s, in LUFS",
  "I: all of it, pauses left out, in LUFS",
  "TP: the highest peak, also between samples, in dBTP",
].join("\n");

export function Loudness({ loudness }: { loudness: LoudnessView }) {
  const { momentary, shortTerm, integrated, truePeak } = loudness;
  return (
    <span className="mon-loudness" title={TITLE} data-testid="loudness">
      <span className="mon-loudness-now">
        M <span className="mono">{tenthsText(momentary)}</span> S{" "}
        <span className="mono">{tenthsText(shortTerm)}</span>
      </span>
      <span>
        I <span className="mono">{tenthsText(integrated)}</span>
        <span className="mon-loudness-unit"> LUFS</span>
      </span>
      <span className={isTooHigh(loudness) ? "warn" : ""}>
        TP <span className="mono">{tenthsText(truePeak)}</span>
        <span className="mon-loudness-unit"> dBTP</span>
      </span>
    </span>
  );
}
