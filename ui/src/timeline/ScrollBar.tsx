/** The bar under the lanes. */

import { type PointerEvent, type ReactNode, useRef } from "react";
import { framesAcross } from "./geometry";
import type { LaneView } from "./laneView";
import { maxFirstFrame, scrollTo } from "./zoom";

/** Narrowest knob that can still be taken, in pixels. */
const LEAST = 24;

export function ScrollBar({ lane }: { lane: LaneView }): ReactNode {
  const { view, frames } = lane;
  const grabbed = useRef<{ pointer: number; x: number; firstFrame: number } | null>(null);
  const far = maxFirstFrame(frames, view);
  const total = far + framesAcross(view);
  const length = Math.max(LEAST, (framesAcross(view) / total) * (view.width - 4));
  const room = Math.max(0, view.width - 4 - length);
  const left = 2 + (far === 0 ? 0 : (view.firstFrame / far) * room);

  const release = () => {
    grabbed.current = null;
  };
  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || far === 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const onKnob = x >= left && x <= left + length;
    const firstFrame = onKnob ? view.firstFrame : ((x - length / 2) / Math.max(1, room)) * far;
    if (!onKnob) lane.show(scrollTo(view, firstFrame, frames));
    grabbed.current = { pointer: event.pointerId, x: event.clientX, firstFrame };
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const grab = grabbed.current;
    if (grab === null || grab.pointer !== event.pointerId || room === 0) return;
    const moved = ((event.clientX - grab.x) / room) * far;
    lane.show(scrollTo(view, grab.firstFrame + moved, frames));
  };

  return (
    <div
      className="tl-scroll"
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={release}
      onPointerCancel={release}
    >
      <i style={{ left, width: length }} />
    </div>
  );
}
