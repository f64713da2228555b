/** What is drawn over the picture and never in it: safe areas, a mask, the timecode. */

import { useRef } from "react";
import type { MonitorName, MonitorView } from "../../backend/generated";
import { hasOverlays, type Mask } from "../../state/overlays";
import { useView } from "../../state/view";
import { timecode } from "../../time/timecode";
import { useDrawn } from "./drawn";
import "./overlays.css";
import { ACTION_SAFE, GRAPHICS_SAFE, maskedPart, placed } from "./overlays";
import { useStartFrame } from "./startFrame";

export function PictureOverlays({ view }: { view: MonitorView }) {
  const { monitor } = view;
  const chosen = useView((s) => s.overlays[monitor]);
  if (!hasOverlays(chosen)) return null;
  return (
    <div className="mon-overlays" aria-hidden="true" data-testid={`overlaid-${monitor}`}>
      {chosen.mask !== null && <MaskFrame monitor={monitor} mask={chosen.mask} />}
      {chosen.safe && <SafeAreas />}
      {chosen.burnIn && <BurnIn view={view} />}
    </div>
  );
}

/** Its shadow is what is shaded. It follows the shape of the picture that is drawn. */
function MaskFrame({ monitor, mask }: { monitor: MonitorName; mask: Mask }) {
  const frame = useRef<HTMLElement>(null);
  useDrawn(monitor, (drawn) => {
    const { width, height } = drawn ?? { width: 16, height: 9 };
    if (frame.current) Object.assign(frame.current.style, placed(maskedPart(mask, width / height)));
  });
  return <i className="mon-mask" ref={frame} data-testid={`mask-${monitor}`} />;
}

function SafeAreas() {
  return (
    <>
      <i className="mon-safe" style={placed(ACTION_SAFE)} />
      <i className="mon-safe" style={placed(GRAPHICS_SAFE)} />
      <i className="mon-cross" />
    </>
  );
}

/** The timecode and number of the frame on the screen, set in the task that drew it. */
function BurnIn({ view: { monitor, frameRate } }: { view: MonitorView }) {
  const strip = useRef<HTMLDivElement>(null);
  const time = useRef<HTMLSpanElement>(null);
  const number = useRef<HTMLSpanElement>(null);
  const start = useStartFrame(monitor);
  useDrawn(monitor, (drawn) => {
    if (strip.current) strip.current.hidden = !drawn;
    if (!drawn) return;
    if (time.current) time.current.textContent = timecode(start + drawn.frame, frameRate);
    if (number.current) number.current.textContent = String(drawn.frame);
  });
  return (
    <div className="mon-burn" ref={strip} data-testid={`burn-${monitor}`}>
      <span ref={time} data-testid={`burn-timecode-${monitor}`} />
      <span ref={number} data-testid={`burn-frame-${monitor}`} />
    </div>
  );
}
