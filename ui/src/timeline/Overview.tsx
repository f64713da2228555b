/** The whole of it in a strip, and the window of what the lanes show; drag the window to scroll. */

import { memo, type PointerEvent, type ReactNode, useMemo, useRef } from "react";
import { framesAcross, type Viewport } from "./geometry";
import type { LaneView } from "./laneView";
import { scrollTo } from "./zoom";

const HEIGHT = 24;

/** A block of the strip: a clip or a segment. */
export interface Block {
  at: number;
  frames: number;
}

export const Overview = memo(function Overview(props: {
  blocks: readonly Block[];
  sound: boolean;
  lane: LaneView;
  children?: ReactNode;
}): ReactNode {
  const { blocks, lane, sound } = props;
  const { view, frames } = lane;
  const scale = frames === 0 ? 0 : view.width / frames;
  const path = useMemo(() => blocksPath(blocks, scale), [blocks, scale]);
  const grabbed = useRef<{ pointer: number; offset: number } | null>(null);

  const scroll = (event: PointerEvent<HTMLDivElement>) => {
    const grab = grabbed.current;
    if (grab === null || grab.pointer !== event.pointerId || scale === 0) return;
    lane.show(scrollTo(view, pixelOf(event) / scale - grab.offset, frames));
  };

  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || scale === 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    const frame = pixelOf(event) / scale;
    const across = framesAcross(view);
    const inside = frame >= view.firstFrame && frame <= view.firstFrame + across;
    const offset = inside ? frame - view.firstFrame : across / 2;
    grabbed.current = { pointer: event.pointerId, offset };
    scroll(event);
  };

  return (
    <div
      className="tl-overview"
      onPointerDown={press}
      onPointerMove={scroll}
      onPointerUp={() => {
        grabbed.current = null;
      }}
      onPointerCancel={() => {
        grabbed.current = null;
      }}
      data-testid="timeline-overview"
    >
      <svg width={view.width} height={HEIGHT} aria-hidden="true">
        <path d={path} fill="var(--track-video-edge)" transform="translate(0 10)" />
        {sound && frames > 0 && (
          <rect y={17} width={view.width} height={2} fill="var(--track-audio-edge)" />
        )}
        {frames > 0 && <Window view={view} scale={scale} />}
      </svg>
      {frames > 0 && props.children}
    </div>
  );
});

function Window({ view, scale }: { view: Viewport; scale: number }): ReactNode {
  const left = Math.max(0, view.firstFrame * scale);
  const right = Math.min(view.width, (view.firstFrame + framesAcross(view)) * scale);
  return (
    <rect
      className="tl-window"
      x={left + 0.5}
      y={2.5}
      width={Math.max(7, right - left - 1)}
      height={19}
      rx={2}
    />
  );
}

/** All blocks as one path; those narrower than a pixel run together. */
function blocksPath(blocks: readonly Block[], scale: number): string {
  const parts: string[] = [];
  let end = -1;
  for (const { at, frames } of blocks) {
    const left = at * scale;
    const right = (at + frames) * scale;
    if (right - end < 1) continue;
    end = right;
    const gap = right - left > 3 ? 1 : 0;
    parts.push(
      `M${left.toFixed(1)} 0h${Math.max(0.6, right - left - gap).toFixed(1)}v5H${left.toFixed(1)}z`,
    );
  }
  return parts.join("");
}

function pixelOf(event: PointerEvent<HTMLDivElement>): number {
  return event.clientX - event.currentTarget.getBoundingClientRect().left;
}
