import { describe, expect, it } from "vitest";
import { MASKS, type Mask } from "../../state/overlays";
import { ACTION_SAFE, GRAPHICS_SAFE, maskedPart, type Part, placed } from "./overlays";

/** Width over height of a part of a picture that has this aspect. */
const aspectOf = ({ width, height }: Part, aspect: number) => (aspect * width) / height;

describe("safe areas", () => {
  it("are 93 % and 90 % of width and height, in the middle", () => {
    expect(placed(ACTION_SAFE)).toEqual({ left: "3.5%", top: "3.5%", width: "93%", height: "93%" });
    expect(placed(GRAPHICS_SAFE)).toEqual({ left: "5%", top: "5%", width: "90%", height: "90%" });
  });
});

describe("a mask", () => {
  it.each<[Mask, number]>([
    ["2.39:1", 2.39],
    ["1:1", 1],
    ["4:5", 0.8],
    ["9:16", 0.5625],
  ])("%s has its own shape in any picture", (mask, own) => {
    for (const aspect of [16 / 9, 4 / 3, 1, 9 / 16, 2.39]) {
      const part = maskedPart(mask, aspect);
      expect(aspectOf(part, aspect)).toBeCloseTo(own, 9);
      expect(Math.max(part.width, part.height)).toBeCloseTo(1, 9);
      expect(part.left * 2 + part.width).toBeCloseTo(1, 9);
      expect(part.top * 2 + part.height).toBeCloseTo(1, 9);
    }
  });

  it("cuts the sides or the top and bottom off", () => {
    expect(placed(maskedPart("9:16", 16 / 9))).toEqual({
      left: "34.1797%",
      top: "0%",
      width: "31.6406%",
      height: "100%",
    });
    expect(placed(maskedPart("2.39:1", 16 / 9))).toMatchObject({ left: "0%", width: "100%" });
    expect(placed(maskedPart("1:1", 9 / 16))).toMatchObject({ left: "0%", top: "21.875%" });
  });

  it("takes a picture that has no size for one of 16:9", () => {
    for (const mask of MASKS)
      expect(maskedPart(mask, Number.NaN)).toEqual(maskedPart(mask, 16 / 9));
  });
});
