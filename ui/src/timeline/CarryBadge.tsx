/** What the pointer carries, beside the pointer; over clips the place it would go to says it. */

import type { ReactNode, RefObject } from "react";
import { useDesk } from "../state/desk";
import { insideOf, useCarry } from "./carry";

export function CarryBadge({ lanes }: { lanes: RefObject<HTMLElement | null> }): ReactNode {
  const { carried, x, y } = useCarry();
  const empty = useDesk((state) => state.sequence.clips.length === 0);
  if (carried === null || (!empty && insideOf(lanes.current, x, y) !== null)) return null;
  return (
    <div className="hint tl-carried" style={{ left: x, top: y }} data-testid="carried">
      {carried.title}
    </div>
  );
}
