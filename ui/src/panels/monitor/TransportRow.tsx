/** Where the monitor stands, the buttons that move it, and how long the marked part is. */

import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
  IconRepeat,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { MonitorView } from "../../backend/generated";
import { ActionIcon } from "../../design";
import type { ActionId } from "../../keymap/actions";
import { useView } from "../../state/view";
import { timecode } from "../../time/timecode";
import { markedFrames } from "./geometry";
import { TimecodeField } from "./TimecodeField";

export function TransportRow({ view }: { view: MonitorView }) {
  const { monitor, frames, markIn, markOut, frameRate } = view;
  const isPlaying = view.rate !== 0;
  const isMarked = markIn !== null || markOut !== null;
  return (
    <div className="mon-transport">
      <TimecodeField view={view} />
      <div className="row">
        <Move id="mark.in" view={view}>
          <MarkIn />
        </Move>
        <Move id="play.back" view={view} on={view.rate < 0}>
          <IconPlayerTrackPrev size={16} />
        </Move>
        <Move id="step.back" view={view}>
          <IconPlayerSkipBack size={14} />
        </Move>
        <Move id="play.toggle" view={view} className="mon-play">
          {isPlaying ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
        </Move>
        <Move id="step.on" view={view}>
          <IconPlayerSkipForward size={14} />
        </Move>
        <Move id="play.on" view={view} on={view.rate > 1}>
          <IconPlayerTrackNext size={16} />
        </Move>
        <Move id="mark.out" view={view}>
          <MarkOut />
        </Move>
      </div>
      <div className="mon-end">
        <Live view={view} />
        <Loop view={view} />
        <span
          className={isMarked ? "mon-duration t1" : "mon-duration"}
          title={isMarked ? "Duration of the marked part" : "Duration"}
          data-testid={`duration-${monitor}`}
        >
          {timecode(markedFrames(markIn, markOut, frames), frameRate)}
        </span>
      </div>
    </div>
  );
}

interface MoveProps {
  id: ActionId;
  view: MonitorView;
  on?: boolean;
  className?: string;
  children: ReactNode;
}

/** A button of the transport: its monitor takes the keys first, since the action goes there. */
function Move({
  id,
  view: { monitor, state, frames },
  on = false,
  className = "",
  children,
}: MoveProps) {
  return (
    <ActionIcon
      id={id}
      before={() => useView.getState().setFocus(monitor)}
      disabled={frames === 0 || state === "empty" || (id.startsWith("mark.") && state !== "ready")}
      testId={`${id.replace(".", "-")}-${monitor}`}
      className={on ? `on ${className}` : className}
    >
      {children}
    </ActionIcon>
  );
}

/** Lit while a part is played again and again; off, it plays on from where it is. */
function Loop({ view: { monitor, frames, state, repeats } }: { view: MonitorView }) {
  return (
    <ActionIcon
      id="play.loop"
      before={() => useView.getState().setFocus(monitor)}
      on={repeats}
      disabled={frames === 0 || state === "empty"}
      testId="loop"
    >
      <IconRepeat size={16} />
    </ActionIcon>
  );
}

/** There while what is shown is still recorded; lit while play follows its end. */
function Live({ view: { monitor, live } }: { view: MonitorView }) {
  if (live === "still") return null;
  return (
    <ActionIcon
      id="play.live"
      before={() => useView.getState().setFocus(monitor)}
      on={live === "following"}
      className="mon-live"
      testId={`live-${monitor}`}
    >
      <i aria-hidden="true" />
      <span>Live</span>
    </ActionIcon>
  );
}

function MarkIn() {
  return (
    <svg width="16" height="16" viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path d="M14.5 4.5h-5v15h5" stroke="currentColor" strokeWidth="2.2" />
    </svg>
  );
}

function MarkOut() {
  return (
    <svg width="16" height="16" viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path d="M9.5 4.5h5v15h-5" stroke="currentColor" strokeWidth="2.2" />
    </svg>
  );
}
