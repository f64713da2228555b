/** The first cut in six steps. */

import type { Lesson } from "../../backend/generated";

/** One step with its keys. */
export interface Step {
  readonly id: keyof Lesson;
  readonly title: string;
  readonly text: string;
  /** As they are printed on the keys; several are pressed one after the other. */
  readonly keys: readonly string[];
  readonly done: boolean;
  /** The one to do now. */
  readonly now: boolean;
}

const STEPS: readonly Omit<Step, "done" | "now">[] = [
  {
    id: "opened",
    title: "Open a source",
    text: "Choose one on the left",
    keys: ["Enter"],
  },
  {
    id: "marked",
    title: "Mark in and out",
    text: "Play, mark the part you want",
    keys: ["I", "O"],
  },
  { id: "appended", title: "Put it on the timeline", text: "At its end", keys: ["A"] },
  { id: "planned", title: "Read the cut plan", text: "What is copied, what is not", keys: ["P"] },
  {
    id: "compiled",
    title: "Compile and verify",
    text: "Exactly the frames you chose",
    keys: ["Ctrl", "Enter"],
  },
  { id: "printed", title: "Print a code", text: "A phone scans it and plays", keys: [] },
];

/** All steps; the first that is not done is the one to do now, whatever was done behind it. */
export function stepsOf(lesson: Lesson): Step[] {
  const now = STEPS.find(({ id }) => !lesson[id])?.id;
  return STEPS.map((step) => ({ ...step, done: lesson[step.id], now: step.id === now }));
}

/** Steps that are done. */
export function doneSteps(lesson: Lesson): number {
  return STEPS.filter(({ id }) => lesson[id]).length;
}
