/** The dissolves and fades over the cuts of the video track. */

import { memo, type ReactNode } from "react";
import type { ClipView } from "../backend/generated";
import type { Viewport } from "./geometry";
import { type Cut, transitionBoxes, transitionWords } from "./transitions";

export const TransitionBoxes = memo(function TransitionBoxes(props: {
  clips: readonly ClipView[];
  view: Viewport;
}): ReactNode {
  return transitionBoxes(props.clips, props.view).map(({ cut, left, width }) => (
    <div
      key={`${cut.clip}-${cut.edge}`}
      className="tl-transition"
      style={{ left, width }}
      title={transitionWords(cut)}
      data-testid="transition"
    >
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path d={lines(cut)} vectorEffect="non-scaling-stroke" />
      </svg>
    </div>
  ));
});

/** The clip that comes rises, the one that goes falls. */
function lines({ between, edge }: Cut): string {
  const rises = "M0 100L100 0";
  const falls = "M0 0L100 100";
  if (between) return rises + falls;
  return edge === "in" ? rises : falls;
}
