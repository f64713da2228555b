/** What is on the timeline while there is no clip: how to put one there. */

import type { ReactNode } from "react";
import { Key } from "../design/Key";
import { type ActionId, action, perform } from "../keymap/actions";
import { useDesk } from "../state/desk";

/** A way to put the marked part on the timeline. */
interface Way {
  id: ActionId;
  word: string;
  what: string;
  picture: ReactNode;
}

const BLOCK = "var(--track-video-edge)";

const WAYS: readonly Way[] = [
  {
    id: "cut.insert",
    word: "Insert",
    what: "Pushes what follows to the right",
    picture: (
      <>
        <rect y="8" width="56" height="16" rx="2" fill={BLOCK} />
        <rect x="60" y="8" width="40" height="16" rx="2" fill="var(--accent)" />
        <rect x="104" y="8" width="56" height="16" rx="2" fill={BLOCK} />
        <path d="M104 4h14m-4-3l4 3l-4 3" stroke="var(--text-2)" fill="none" />
      </>
    ),
  },
  {
    id: "cut.overwrite",
    word: "Overwrite",
    what: "Replaces what is under it",
    picture: (
      <>
        <rect y="8" width="160" height="16" rx="2" fill={BLOCK} />
        <rect
          x="60"
          y="8"
          width="40"
          height="16"
          rx="2"
          fill="var(--accent)"
          stroke="var(--bg-2)"
          strokeWidth="2"
        />
      </>
    ),
  },
  {
    id: "cut.append",
    word: "Append",
    what: "Adds to the end",
    picture: (
      <>
        <rect y="8" width="112" height="16" rx="2" fill={BLOCK} />
        <rect x="116" y="8" width="44" height="16" rx="2" fill="var(--accent)" />
      </>
    ),
  },
];

/** `over`: something is carried over the timeline now. */
export function EmptyTimeline({ over }: { over: boolean }): ReactNode {
  const loaded = useDesk((state) => state.source.state === "ready");
  const teaching = useDesk((state) => state.lesson !== null);
  return (
    <div className={over ? "tl-empty over" : "tl-empty"} data-testid="timeline-empty">
      <div className="row g12">
        {teaching && <span className="tl-step">3</span>}
        <div>
          <h3 className="f15 b6">Put the marked part on the timeline</h3>
          <p className="t2">
            Drag it here, or use a key. Undo is <Key of="Ctrl+Z" />, as often as you like.
          </p>
        </div>
      </div>
      <div className="tl-ways">
        {WAYS.map(({ id, word, what, picture }) => (
          <button
            key={id}
            type="button"
            className="card tl-way"
            disabled={!loaded}
            onClick={() => perform(id)}
          >
            <span className="row g8">
              <Key of={action(id).keys[0] ?? ""} small={false} />
              <span className="b6">{word}</span>
            </span>
            <svg width="192" height="32" aria-hidden="true">
              {picture}
            </svg>
            <span className="f11 t2">{what}</span>
          </button>
        ))}
      </div>
      {!loaded && <p className="t3">Open a source first; Enter in the browser opens it.</p>}
    </div>
  );
}
