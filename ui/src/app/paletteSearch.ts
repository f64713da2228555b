/** Finds actions by what was typed: every word must occur; titles that begin with it come first. */
import type { Action } from "../keymap/actions";

export function searchActions(actions: readonly Action[], typed: string): Action[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...actions];
  const text = (one: Action) => `${one.title} ${one.group}`.toLowerCase();
  const first = words[0] ?? "";
  const rank = (one: Action) => (one.title.toLowerCase().startsWith(first) ? 0 : 1);
  return actions
    .filter((one) => words.every((word) => text(one).includes(word)))
    .sort((a, b) => rank(a) - rank(b));
}
