/** A code's modules as one SVG path, with the quiet zone that readers need. */

/** Light modules around a code: ISO/IEC 18004 asks for four. */
export const QUIET_ZONE = 4;

/** What is drawn of a code. */
export interface QrDrawing {
  /** Modules along one side, quiet zone included: the side of the view box. */
  readonly side: number;
  /** Dark modules as rectangles one module high. */
  readonly path: string;
}

/** `null` when the rows are not a square of `#` and `.`: half a code must not be shown. */
export function drawQr(modules: readonly string[]): QrDrawing | null {
  const size = modules.length;
  if (size === 0 || modules.some((row) => row.length !== size || /[^#.]/.test(row))) return null;
  const path = modules
    .flatMap((row, y) =>
      [...row.matchAll(/#+/g)].map((run) => {
        const length = run[0].length;
        return `M${run.index + QUIET_ZONE} ${y + QUIET_ZONE}h${length}v1h-${length}z`;
      }),
    )
    .join("");
  return { side: size + 2 * QUIET_ZONE, path };
}
