/** The whole of what is loaded on one line: the playhead, the marked part, and dragging. */

import { type PointerEvent, useMemo, useRef } from "react";
import type { MonitorView } from "../../backend/generated";
import { strike } from "../../keymap/listen";
import * as act from "../../state/act";
import { timecode } from "../../time/timecode";
import { useDrawn } from "./drawn";
import { fractionOf, frameAt, markedPart } from "./geometry";
import { latest } from "./latest";

/** Keys that were struck on the bar do what they do in the panel. */
const HERE = { typing: false, control: false, dialog: false };

export function ScrubBar({ view }: { view: MonitorView }) {
  const { monitor, frames, state } = view;
  const track = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLElement>(null);
  const ghost = useRef<HTMLElement>(null);
  const dragging = useRef(false);
  const scrub = useMemo(
    () => latest((frame: number) => act.transport(monitor, { kind: "scrub", frame })),
    [monitor],
  );
  const loaded = state !== "empty" && frames > 0;
  const marked = markedPart(view.markIn, view.markOut, frames);

  useDrawn(monitor, (drawn) => {
    if (!head.current || !track.current) return;
    head.current.hidden = !drawn || !loaded;
    if (!drawn) return;
    head.current.style.transform = `translateX(${percent(fractionOf(drawn.frame, frames))})`;
    // While playing a screen reader would never come to an end.
    if (drawn.playing) return;
    track.current.setAttribute("aria-valuenow", String(drawn.frame));
    track.current.setAttribute("aria-valuetext", timecode(drawn.frame, view.frameRate));
  });

  const frameUnder = (event: PointerEvent) => {
    const area = track.current?.getBoundingClientRect();
    return area ? frameAt(event.clientX - area.left, area.width, frames) : 0;
  };

  const follow = (event: PointerEvent) => {
    const frame = frameUnder(event);
    if (ghost.current) {
      ghost.current.hidden = false;
      ghost.current.style.transform = `translateX(${percent(fractionOf(frame, frames))})`;
    }
    scrub.send(frame);
  };

  const letGo = () => {
    dragging.current = false;
    scrub.drop();
    if (ghost.current) ghost.current.hidden = true;
  };

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (!loaded || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    dragging.current = true;
    follow(event);
  };

  const onPointerUp = (event: PointerEvent) => {
    if (!dragging.current) return;
    letGo();
    void act.transport(monitor, { kind: "seek", frame: frameUnder(event) });
  };

  return (
    <div className="mon-scrub">
      <div
        ref={track}
        className="mon-scrub-track"
        role="slider"
        tabIndex={loaded ? 0 : -1}
        aria-label={monitor === "source" ? "Place in the flow" : "Place in the sequence"}
        aria-disabled={!loaded}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, frames - 1)}
        aria-valuenow={0}
        data-testid={`scrub-${monitor}`}
        onKeyDown={(event) => strike(event, HERE)}
        onPointerDown={onPointerDown}
        onPointerMove={(event) => dragging.current && follow(event)}
        onPointerUp={onPointerUp}
        onPointerCancel={letGo}
        // The keys stay with the panel when the bar is pressed with the mouse.
        onMouseDown={(event) => event.preventDefault()}
      >
        {marked && (
          <i
            className={`mon-mark ${marked.hasIn ? "has-in" : ""} ${marked.hasOut ? "has-out" : ""}`}
            style={{ left: percent(marked.from), right: percent(1 - marked.to) }}
            data-testid={`marked-${monitor}`}
          />
        )}
        <i className="mon-ghost" ref={ghost} hidden />
        <i className="mon-head" ref={head} hidden />
      </div>
    </div>
  );
}

function percent(fraction: number): string {
  return `${fraction * 100}%`;
}
