import { expect, it } from "vitest";
import { clipsOf } from "../../timeline/fixtures";
import { replaceable } from "./replaceable";

it("leaves out the clips that are cut from that flow already", () => {
  const [first, second] = clipsOf(10, 20);
  if (!first || !second) throw new Error("no clips");
  const clips = [
    { ...first, flowId: "a" },
    { ...second, flowId: "b" },
  ];
  expect(replaceable(clips, "b")).toEqual([first.id]);
  expect(replaceable(clips, "c")).toEqual([first.id, second.id]);
  expect(replaceable(clips, null)).toEqual([]);
});
