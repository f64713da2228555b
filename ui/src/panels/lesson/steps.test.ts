import { describe, expect, it } from "vitest";
import type { Lesson } from "../../backend/generated";
import { doneSteps, stepsOf } from "./steps";

const none: Lesson = {
  opened: false,
  marked: false,
  appended: false,
  planned: false,
  compiled: false,
  printed: false,
};

function now(lesson: Lesson): string | undefined {
  return stepsOf(lesson).find(({ now }) => now)?.id;
}

describe("stepsOf", () => {
  it("begins with opening and goes on in order", () => {
    expect(now(none)).toBe("opened");
    expect(now({ ...none, opened: true })).toBe("marked");
    expect(stepsOf(none).filter(({ now }) => now)).toHaveLength(1);
  });

  it("comes back to a step that was skipped", () => {
    const skipped = { ...none, opened: true, appended: true };
    expect(now(skipped)).toBe("marked");
    expect(doneSteps(skipped)).toBe(2);
  });

  it("has nothing to do at the end", () => {
    const all = { ...none };
    for (const step of stepsOf(none)) all[step.id] = true;
    expect(now(all)).toBeUndefined();
    expect(doneSteps(all)).toBe(6);
  });
});
