/** The time of the frame on the screen; pressed, a timecode or a frame takes another one to go to. */

import { type KeyboardEvent, useRef, useState } from "react";
import type { MonitorView } from "../../backend/generated";
import * as act from "../../state/act";
import { shownFrame } from "../../state/playhead";
import type { TimeShown } from "../../state/timeShown";
import { useView } from "../../state/view";
import { timecode } from "../../time/timecode";
import { useDrawn, useOfDrawn } from "./drawn";
import { frameTarget, readOut, readOutTitle, timecodeTarget } from "./readOut";
import { useStartFrame } from "./startFrame";
import { TimeMenu } from "./TimeMenu";

/** The ways to read a time in which one can be typed. */
type Typed = Extract<TimeShown, "timecode" | "frames">;

export function TimecodeField({ view }: { view: MonitorView }) {
  const { monitor, frameRate } = view;
  const [typing, setTyping] = useState<Typed | null>(null);
  const text = useRef<HTMLSpanElement>(null);
  const start = useStartFrame(monitor);
  const shown = useView((s) => s.times[monitor]);
  const title = useOfDrawn(monitor, (drawn) => readOutTitle(drawn, shown));
  useDrawn(monitor, (drawn) => {
    if (text.current) text.current.textContent = readOut(drawn, { shown, start, frameRate });
  });
  if (typing !== null) {
    return <Typing view={view} start={start} kind={typing} done={() => setTyping(null)} />;
  }
  const kind = shown === "timecode" || shown === "frames" ? shown : null;
  return (
    <span className="row g4 mon-time">
      <button
        type="button"
        className={kind === null ? `mon-timecode selectable ${shown}` : "mon-timecode"}
        title={title}
        disabled={view.frames === 0}
        onClick={() => setTyping(kind)}
      >
        <span ref={text} data-testid={`timecode-${monitor}`} />
      </button>
      <TimeMenu monitor={monitor} disabled={view.frames === 0} />
    </span>
  );
}

/** What is said of the two. */
const TYPED_WORDS: Record<Typed, { label: string; title: string }> = {
  timecode: {
    label: "Timecode",
    title: "01:00:10:12, 1015, or +10 and −10 for frames from here",
  },
  frames: { label: "Frame", title: "1015, or +10 and −10 for frames from here" },
};

interface TypingProps {
  view: MonitorView;
  /** Timecode of frame 0, in frames. */
  start: number;
  kind: Typed;
  done(): void;
}

function Typing({ view: { monitor, frames, frameRate }, start, kind, done }: TypingProps) {
  const [invalid, setInvalid] = useState(false);
  const { label, title } = TYPED_WORDS[kind];
  const target = (typed: string) => {
    const here = shownFrame(monitor);
    return kind === "frames"
      ? frameTarget(typed, here, frames)
      : timecodeTarget(typed, here, { start, frames, frameRate });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") {
      event.preventDefault();
      return done();
    }
    if (event.key !== "Enter") return undefined;
    const frame = target(event.currentTarget.value);
    if (frame === null) return setInvalid(true);
    void act.transport(monitor, { kind: "seek", frame });
    return done();
  };
  const here = shownFrame(monitor);
  return (
    <input
      className={invalid ? "mon-timecode mon-typing invalid" : "mon-timecode mon-typing"}
      aria-label={label}
      aria-invalid={invalid}
      title={title}
      defaultValue={kind === "frames" ? String(here) : timecode(start + here, frameRate)}
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

function selectOnce(input: HTMLInputElement | null) {
  input?.focus();
  input?.select();
}
