/** Where the overlays lie on the picture, in shares of it, so that they follow any size. Pure. */

import type { Mask } from "../../state/overlays";

/** A part of the picture, in shares of its width and height. */
export interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** EBU R 95: what happens stays inside, on any screen. */
export const ACTION_SAFE: Part = centred(0.93, 0.93);
/** EBU R 95: so do graphics and titles. */
export const GRAPHICS_SAFE: Part = centred(0.9, 0.9);

/** Width over height. */
const ASPECTS: Record<Mask, number> = {
  "2.39:1": 2.39,
  "1:1": 1,
  "4:5": 4 / 5,
  "9:16": 9 / 16,
};

/** The largest part of a shape, in the middle of a picture that has this aspect. */
export function maskedPart(mask: Mask, aspect: number): Part {
  const own = Number.isFinite(aspect) && aspect > 0 ? aspect : 16 / 9;
  const wanted = ASPECTS[mask];
  return centred(Math.min(1, wanted / own), Math.min(1, own / wanted));
}

/** How a part is placed in the box of its picture. */
export function placed({ left, top, width, height }: Part): Record<keyof Part, string> {
  return {
    left: percent(left),
    top: percent(top),
    width: percent(width),
    height: percent(height),
  };
}

function centred(width: number, height: number): Part {
  return { left: (1 - width) / 2, top: (1 - height) / 2, width, height };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}
