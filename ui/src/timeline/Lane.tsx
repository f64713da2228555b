/** One row of the timeline: what it is called at the left, its lane at the right. */

import type { ReactNode } from "react";

export function Lane(props: {
  /** Pixels; a lane that grows has none. */
  height?: number;
  grow?: boolean;
  /** What a press on it means. */
  lane?: string;
  className?: string;
  header: ReactNode;
  children?: ReactNode;
}): ReactNode {
  const { height, grow = false, lane, className = "", header, children } = props;
  return (
    <div
      className={`tl-row ${className} ${grow ? "tl-grow" : ""}`}
      style={height === undefined ? undefined : { height }}
    >
      <div className="tl-head">{header}</div>
      <div className="tl-lane" data-lane={lane}>
        {children}
      </div>
    </div>
  );
}
