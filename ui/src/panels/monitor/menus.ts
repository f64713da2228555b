/** What the menus of a monitor have in common. */
import type { KeyboardEvent } from "react";

/** The key that closes a menu steps out of nothing else. The menu is gone before it bubbles. */
export function keepEscape(event: KeyboardEvent): void {
  const inMenu = event.target instanceof Element && event.target.closest("[role=menu]") !== null;
  if (inMenu && event.key === "Escape") event.preventDefault();
}
