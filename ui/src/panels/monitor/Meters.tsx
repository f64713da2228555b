/** The sound level of the picture that is shown: two bars, their peaks, and the scale. */

import { useRef } from "react";
import type { MonitorName } from "../../backend/generated";
import { useDrawn } from "./drawn";
import { type HeldPeak, holdPeak, METER_MARKS, meterDepth } from "./levels";

const SIDES = [0, 1] as const;
const SILENT: HeldPeak = { tenths: null, since: 0 };

export function Meters({ monitor }: { monitor: MonitorName }) {
  const covers = useRef<(HTMLElement | null)[]>([]);
  const peaks = useRef<(HTMLElement | null)[]>([]);
  const held = useRef<HeldPeak[]>([SILENT, SILENT]);

  useDrawn(monitor, (drawn) => {
    for (const side of SIDES) {
      const level = drawn?.levels[side] ?? null;
      const peak = holdPeak(held.current[side] ?? SILENT, level, performance.now());
      held.current[side] = peak;
      const cover = covers.current[side];
      if (cover) cover.style.transform = `scaleY(${meterDepth(level)})`;
      const line = peaks.current[side];
      if (!line) continue;
      line.style.top = `${meterDepth(peak.tenths) * 100}%`;
      line.style.visibility = peak.tenths === null ? "hidden" : "visible";
    }
  });

  return (
    <div className="mon-meters" role="img" aria-label="Sound level, left and right, in dBFS">
      {SIDES.map((side) => (
        <div key={side} className="mon-meter">
          <i
            className="mon-meter-cover"
            ref={(element) => {
              covers.current[side] = element;
            }}
          />
          <i
            className="mon-meter-peak"
            ref={(element) => {
              peaks.current[side] = element;
            }}
          />
        </div>
      ))}
      {METER_MARKS.map(({ label, depth }) => (
        <span key={label} className="mon-meter-mark" style={{ top: `${depth * 100}%` }}>
          {label}
        </span>
      ))}
    </div>
  );
}
