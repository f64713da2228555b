/** The time of the frame on the screen; pressed, a timecode takes another one to go to. */

import { type KeyboardEvent, useRef, useState } from "react";
import type { MonitorView } from "../../backend/generated";
import * as act from "../../state/act";
import { shownFrame } from "../../state/playhead";
import type { TimeShown } from "../../state/timeShown";
import { useView } from "../../state/view";
import { tamsTime, wallClock } from "../../time/flowTime";
import { parseTimecode, timecode } from "../../time/timecode";
import { type Drawn, useDrawn } from "./drawn";
import { useStartFrame } from "./startFrame";
import { TimeMenu } from "./TimeMenu";

export function TimecodeField({ view }: { view: MonitorView }) {
  const { monitor, frameRate } = view;
  const [typing, setTyping] = useState(false);
  const text = useRef<HTMLSpanElement>(null);
  const start = useStartFrame(monitor);
  const shown = useView((s) => s.times[monitor]);
  useDrawn(monitor, (drawn) => {
    if (text.current) text.current.textContent = readOut(drawn, { shown, start, frameRate });
  });
  if (typing) return <Typing view={view} start={start} done={() => setTyping(false)} />;
  const isDate = shown === "tams" || shown === "clock";
  return (
    <span className="row g4 mon-time">
      <button
        type="button"
        className={isDate ? "mon-timecode selectable small" : "mon-timecode"}
        title={isDate ? TIME_TITLES[shown] : "Go to a timecode"}
        disabled={view.frames === 0}
        onClick={() => isDate || setTyping(true)}
      >
        <span ref={text} data-testid={`timecode-${monitor}`} />
      </button>
      <TimeMenu monitor={monitor} disabled={view.frames === 0} />
    </span>
  );
}

const TIME_TITLES = {
  tams: "Time on the flow's own timeline, in seconds and nanoseconds",
  clock: "Date and time of day in UTC, for flows that were recorded with it",
};

interface ReadOut {
  readonly shown: TimeShown;
  /** Timecode of frame 0, in frames. */
  readonly start: number;
  readonly frameRate: MonitorView["frameRate"];
}

/** The time of what is drawn, as it is to be read. */
export function readOut(drawn: Drawn | null, { shown, start, frameRate }: ReadOut): string {
  const frame = start + (drawn?.frame ?? 0);
  const time = drawn?.time ?? null;
  switch (shown) {
    case "timecode":
      return timecode(frame, frameRate);
    case "frames":
      return String(frame);
    case "tams":
      return time === null ? "—" : tamsTime(time);
    case "clock":
      return (time !== null && wallClock(time, drawn?.taiAhead ?? null)) || "no date";
  }
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
