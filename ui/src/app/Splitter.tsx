/** The edge between two panels: dragged, moved with arrows, put back by a double click. */
import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { useView } from "../state/view";
import { clampSize, defaultSize, limits, type SplitterName, STEP, type WindowSize } from "./layout";

export interface SplitterProps {
  name: SplitterName;
  /** What it changes, for screen readers. */
  label: string;
  window: WindowSize;
  /** `x`: it stands between left and right. */
  axis: "x" | "y";
  /** What grows when it moves right or down: 1 the panel before it, -1 the one behind it. */
  grows: 1 | -1;
  /** Units of the size to a pixel; 1 where the size is in pixels. */
  perPixel?: number;
  className?: string;
}

export function Splitter(props: SplitterProps) {
  const { name, label, window, axis, grows, perPixel = 1 } = props;
  const size = useView((s) => clampSize(name, s.sizes[name], window));
  const drag = useRef<{ from: number; size: number } | null>(null);
  const { min, max } = limits(name, window);

  const resize = (to: number) => {
    useView.getState().setSizes({ [name]: clampSize(name, to, window) });
  };
  const place = (event: PointerEvent) => (axis === "x" ? event.clientX : event.clientY);
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { from: place(event), size };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!drag.current) return;
    resize(drag.current.size + (place(event) - drag.current.from) * grows * perPixel);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = axis === "x" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const by = event.key === more ? grows : event.key === less ? -grows : 0;
    if (by === 0) return;
    event.preventDefault();
    resize(size + by * STEP * (event.shiftKey ? 5 : 1));
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule can't be dragged.
    <div
      role="separator"
      className={`splitter ${axis} ${props.className ?? ""}`}
      aria-label={label}
      aria-orientation={axis === "x" ? "vertical" : "horizontal"}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      data-testid={`splitter-${name}`}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        drag.current = null;
      }}
      onLostPointerCapture={() => {
        drag.current = null;
      }}
      onDoubleClick={() => resize(defaultSize(name))}
      onKeyDown={onKeyDown}
    />
  );
}
