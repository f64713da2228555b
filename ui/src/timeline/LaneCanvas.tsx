/** A canvas as large as its lane, for what would be too many elements. */

import { type ReactNode, useEffect, useLayoutEffect, useReducer, useRef } from "react";
import { useView } from "../state/view";

/** A colour of the tokens by its name, as it is in the theme now. */
export type Colour = (name: string) => string;

/** Draws in CSS pixels on an empty canvas. */
export type Draw = (context: CanvasRenderingContext2D, colour: Colour) => void;

/** Draws anew whenever it is rendered, and when the theme changes. */
export function LaneCanvas(props: {
  width: number;
  height: number;
  className: string;
  draw: Draw;
}): ReactNode {
  const { width, height, className, draw } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, again] = useReducer((n: number) => n + 1, 0);
  const theme = useView((state) => state.theme);
  // The page takes on the theme's colours only after its panels were laid out.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new theme is drawn anew
  useEffect(() => again(), [theme]);
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const ratio = window.devicePixelRatio;
    const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (element.width !== size.width) element.width = size.width;
    if (element.height !== size.height) element.height = size.height;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    context.scale(ratio, ratio);
    const styles = getComputedStyle(element);
    draw(context, (name) => styles.getPropertyValue(name).trim());
  });
  return <canvas className={className} ref={canvas} style={{ width, height }} />;
}
