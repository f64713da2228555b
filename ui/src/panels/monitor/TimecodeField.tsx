/** The timecode of the frame on the screen; pressed, it takes another one to go to. */

import { type KeyboardEvent, useRef, useState } from "react";
import type { MonitorView } from "../../backend/generated";
import * as act from "../../state/act";
import { shownFrame } from "../../state/playhead";
import { parseTimecode, timecode } from "../../time/timecode";
import { useDrawn } from "./drawn";
import { useStartFrame } from "./startFrame";

export function TimecodeField({ view }: { view: MonitorView }) {
  const { monitor, frameRate } = view;
  const [typing, setTyping] = useState(false);
  const text = useRef<HTMLSpanElement>(null);
  const start = useStartFrame(monitor);
  useDrawn(monitor, (drawn) => {
    if (text.current) text.current.textContent = timecode(start + (drawn?.frame ?? 0), frameRate);
  });
  if (typing) return <Typing view={view} start={start} done={() => setTyping(false)} />;
  return (
    <button
      type="button"
      className="mon-timecode"
      title="Go to a timecode"
      disabled={view.frames === 0}
      onClick={() => setTyping(true)}
    >
      <span ref={text} data-testid={`timecode-${monitor}`} />
    </button>
  );
}

interface TypingProps {
  view: MonitorView;
  /** Timecode of frame 0, in frames. */
  start: number;
  done(): void;
}

function Typing({ view: { monitor, frames, frameRate }, start, done }: TypingProps) {
  const [invalid, setInvalid] = useState(false);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") {
      event.preventDefault();
      return done();
    }
    if (event.key !== "Enter") return undefined;
    const typed = event.currentTarget.value;
    const frame = targetFrame(typed, start + shownFrame(monitor), { start, frames, frameRate });
    if (frame === null) return setInvalid(true);
    void act.transport(monitor, { kind: "seek", frame });
    return done();
  };
  return (
    <input
      className={invalid ? "mon-timecode mon-typing invalid" : "mon-timecode mon-typing"}
      aria-label="Timecode"
      aria-invalid={invalid}
      title="01:00:10:12, 1015, or +10 and −10 for frames from here"
      defaultValue={timecode(start + shownFrame(monitor), frameRate)}
      spellCheck={false}
      maxLength={16}
      ref={selectOnce}
      onChange={() => setInvalid(false)}
      onKeyDown={onKeyDown}
      onBlur={done}
      data-testid={`timecode-typing-${monitor}`}
    />
  );
}

/** What a timecode is read against. */
export interface TimecodeSpan {
  readonly start: number;
  readonly frames: number;
  readonly frameRate: MonitorView["frameRate"];
}

/** The frame that was typed, within what there is; `null` when it is no timecode. */
export function targetFrame(
  typed: string,
  current: number,
  { start, frames, frameRate }: TimecodeSpan,
): number | null {
  const found = parseTimecode(typed.replace("−", "-"), frameRate, current);
  return found === null ? null : Math.min(Math.max(0, frames - 1), Math.max(0, found - start));
}

function selectOnce(input: HTMLInputElement | null) {
  input?.focus();
  input?.select();
}
