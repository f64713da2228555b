/** The dissolves and fades at the edges of the selected clip: how long, and a way to take them out. */

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { ClipEdge, ClipView } from "../../backend/generated";
import { Button } from "../../design";
import { setTransition } from "../../keymap/cuts";
import { useDesk } from "../../state/desk";
import { type Cut, cutAt, lengthened, transitionFrames } from "../../timeline/transitions";

const EDGES = ["in", "out"] as const;

export function TransitionFields({ clip }: { clip: ClipView }) {
  const clips = useDesk((desk) => desk.sequence.clips);
  const index = clips.findIndex(({ id }) => id === clip.id);
  const fields = EDGES.flatMap((side) => {
    const cut = cutAt(clips, index, side);
    if (cut === null || cut.transition === null) return [];
    const frames = transitionFrames(cut.transition);
    return [<Field key={`${clip.id}-${side}`} side={side} cut={cut} frames={frames} />];
  });
  return fields.length === 0 ? null : <div className="transitions">{fields}</div>;
}

function Field({ side, cut, frames }: { side: ClipEdge; cut: Cut; frames: number }) {
  const name = `${cut.between ? "Dissolve" : "Fade"} ${side}`;
  const [typed, setTyped] = useState(String(frames));
  // Enter and leaving the field right after it ask once.
  const asked = useRef<number | null>(null);
  useEffect(() => setTyped(String(frames)), [frames]);
  const keep = async () => {
    const wanted = framesTyped(typed);
    if (wanted === frames) return setTyped(String(frames));
    if (wanted !== null && wanted === asked.current) return undefined;
    asked.current = wanted;
    const done = wanted !== null && (await setTransition(cut, lengthened(cut, wanted)));
    asked.current = null;
    // What was refused is not what there is.
    return done ? undefined : setTyped(String(frames));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") void keep();
    if (event.key !== "Escape") return;
    event.preventDefault();
    setTyped(String(frames));
  };
  return (
    <div className="transition">
      <label className="t2">
        {name}
        <input
          className="field mono"
          type="number"
          aria-label={`${name}, frames`}
          min={1}
          step={1}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={() => void keep()}
          data-testid={`transition-${side}`}
        />
        <span aria-hidden="true">f</span>
      </label>
      <Button
        size="sm"
        label={`Take out the ${name.toLowerCase()}`}
        onClick={() => void setTransition(cut, { before: 0, behind: 0 })}
      >
        Take out
      </Button>
    </div>
  );
}

/** Whole frames from 1 on; `null` for anything else. */
export function framesTyped(text: string): number | null {
  const frames = Number(text);
  return text.trim() !== "" && Number.isSafeInteger(frames) && frames >= 1 ? frames : null;
}
