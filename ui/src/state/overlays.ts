/** What is drawn over the picture of a monitor, as it is chosen and saved. Pure. */
import type { MonitorName } from "../backend/generated";

/** Shapes that a programme may be seen in besides its own. */
export const MASKS = ["2.39:1", "1:1", "4:5", "9:16"] as const;
export type Mask = (typeof MASKS)[number];

/** What is drawn over one picture. */
export interface OverlayChoice {
  /** Safe areas and the centre. */
  readonly safe: boolean;
  /** The timecode in the picture. */
  readonly burnIn: boolean;
  /** What lies outside this shape is shaded. */
  readonly mask: Mask | null;
}

/** The bare picture. */
export const NO_OVERLAYS: OverlayChoice = { safe: false, burnIn: false, mask: null };

/** Something is drawn over the picture. */
export function hasOverlays({ safe, burnIn, mask }: OverlayChoice): boolean {
  return safe || burnIn || mask !== null;
}

/** What was saved for both monitors; what makes no sense is left out. */
export function savedOverlays(value: unknown): Record<MonitorName, OverlayChoice> {
  const saved = recordOf(value);
  return { source: choiceOf(saved.source), record: choiceOf(saved.record) };
}

function choiceOf(value: unknown): OverlayChoice {
  const { safe, burnIn, mask } = recordOf(value);
  return {
    safe: safe === true,
    burnIn: burnIn === true,
    mask: MASKS.find((one) => one === mask) ?? null,
  };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
