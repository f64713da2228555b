import { expect, it } from "vitest";
import { framesTyped } from "./TransitionFields";

it("takes whole frames from 1 on", () => {
  expect(["24", "1", "0", "-3", "2.5", "", " ", "x"].map(framesTyped)).toEqual([
    24,
    1,
    ...Array(6).fill(null),
  ]);
});
