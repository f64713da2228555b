/**
 * The clips as a list for screen readers, beside the drawn ones. It can be walked with the keys: the
 * clip that has the focus is selected and scrolled into sight. Long sequences show a part at a time.
 */

import { type KeyboardEvent, memo, type ReactNode } from "react";
import type { PlanView, SequenceView } from "../backend/generated";
import { useView } from "../state/view";
import { clamp } from "./geometry";
import { clipWords } from "./hints";
import { edgeWords } from "./transitions";

/** Clips that are in the list at once. */
const LISTED = 100;

/** The clips that are listed: a part around the one the keys are at. */
export function listed(count: number, at: number): { from: number; to: number } {
  const from = clamp(at - LISTED / 2, 0, Math.max(0, count - LISTED));
  return { from, to: Math.min(count, from + LISTED) };
}

export const ClipList = memo(function ClipList(props: {
  sequence: SequenceView;
  plan: PlanView | null;
  selected: ReadonlySet<string>;
  /** Selects a clip and brings it into sight. */
  reveal(index: number): void;
}): ReactNode {
  const { sequence, plan, selected, reveal } = props;
  const { clips, frameRate, startFrame } = sequence;
  const at = Math.max(
    0,
    clips.findIndex((clip) => selected.has(clip.id)),
  );
  const { from, to } = listed(clips.length, at);

  const walk = (event: KeyboardEvent<HTMLButtonElement>, index: number) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by === undefined || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = clamp(index + by, 0, clips.length - 1);
    reveal(next);
    const list = event.currentTarget.closest("ol");
    requestAnimationFrame(() =>
      list?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true }),
    );
  };

  return (
    <ol className="sr" aria-label={`Clips of ${sequence.title}`} data-testid="clip-list">
      {clips.slice(from, to).map((clip, offset) => {
        const index = from + offset;
        return (
          <li key={clip.id} aria-setsize={clips.length} aria-posinset={index + 1}>
            <button
              type="button"
              data-index={index}
              tabIndex={index === at ? 0 : -1}
              aria-pressed={selected.has(clip.id)}
              onFocus={() => {
                if (!useView.getState().selectedClips.includes(clip.id)) reveal(index);
              }}
              onClick={() => reveal(index)}
              onKeyDown={(event) => walk(event, index)}
            >
              {clipWords(clip, frameRate, startFrame, plan) + edgeWords(clips, index)}
            </button>
          </li>
        );
      })}
    </ol>
  );
});
