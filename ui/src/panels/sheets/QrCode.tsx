/** A code on the screen, to be scanned from there: black on white, nothing in its quiet zone. */

import { drawQr } from "./qr";

/** Nothing when the modules are not a whole code. */
export function QrCode({ modules, label }: { modules: readonly string[]; label: string }) {
  const drawing = drawQr(modules);
  if (!drawing) return null;
  const { side, path } = drawing;
  return (
    <svg
      className="qr-code"
      viewBox={`0 0 ${side} ${side}`}
      shapeRendering="crispEdges"
      role="img"
      aria-label={label}
      data-testid="qr-code"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
