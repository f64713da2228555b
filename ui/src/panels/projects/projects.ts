/** The list of projects: what of it is seen, where the arrows lead, what new ones are called. Pure. */
import type { ProjectView, VersionView } from "../../backend/generated";
import { count, whenWords } from "../../time/words";

/** Up to so many are seen at a glance; beyond, they can be searched. */
const AT_A_GLANCE = 8;

/** Characters that a name can have. */
export const LONGEST_NAME = 200;

/** What a version is called that got no name. */
const UNNAMED = "Unnamed";

/** There are enough of them to search. */
export function searchable(projects: readonly ProjectView[]): boolean {
  return projects.length > AT_A_GLANCE;
}

/** Those whose names have all words that were typed, in any order. */
export function found(projects: readonly ProjectView[], typed: string): readonly ProjectView[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return projects;
  return projects.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}

/** The project that the list is at: the chosen one where it is seen, else the first that is. */
export function chosenOf(
  projects: readonly ProjectView[],
  id: string | null,
): ProjectView | undefined {
  return projects.find((one) => one.id === id) ?? projects[0];
}

/** Where a key leads from a project; `null` when the key leads nowhere. */
export function ledTo(projects: readonly ProjectView[], id: string, key: string): string | null {
  const at = projects.findIndex((one) => one.id === id);
  const last = projects.length - 1;
  const to: Record<string, number> = {
    ArrowDown: Math.min(last, at + 1),
    ArrowUp: Math.max(0, at - 1),
    Home: 0,
    End: last,
  };
  return projects[to[key] ?? -1]?.id ?? null;
}

/** The project to be at when one goes: the one behind it, else the one in front. */
export function besides(projects: readonly ProjectView[], id: string): string | null {
  const at = projects.findIndex((one) => one.id === id);
  return (projects[at + 1] ?? projects[at - 1])?.id ?? null;
}

/** A name like `wanted` that no project has yet: `New project 2`. */
export function freeName(projects: readonly ProjectView[], wanted: string): string {
  const taken = new Set(projects.map(({ name }) => name));
  // Room for the number.
  const stem = [...wanted].slice(0, LONGEST_NAME - 8).join("");
  let name = stem;
  for (let n = 2; taken.has(name); n += 1) name = `${stem} ${n}`;
  return name;
}

/** What was typed as the name of a version. */
export function versionName(typed: string): string {
  return typed.trim() || UNNAMED;
}

/** `Saved 14:02`, `Saved yesterday 17:40`. */
export function savedWords(saved: string, now: number): string {
  const when = whenWords(saved, now);
  return when === "" ? "Not saved yet" : `Saved ${when}`;
}

/** `14:02, 4 clips`. */
export function versionWords({ kept, clips }: VersionView, now: number): string {
  return [whenWords(kept, now), count(clips, "clip")].filter(Boolean).join(", ");
}

/** What there is to say where no version was kept. */
export function noVersionWords(steps: number): string {
  const none = "No version kept yet.";
  return steps > 0 ? `${none} The history goes back ${count(steps, "step")} anyway.` : none;
}
