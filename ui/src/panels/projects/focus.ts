/** Where the focus is in the dialog, so that it can be used with the keys alone. */
import { type FocusEvent, useEffect, useRef } from "react";

/** At once, with all that stands there chosen, so that it can be typed over. */
export function focusNow(field: HTMLInputElement | null): void {
  field?.focus();
  field?.select();
}

/** The last button in a part: the harmless answer. */
export function focusLast(part: HTMLElement | null): void {
  const buttons = part?.querySelectorAll("button");
  buttons?.[buttons.length - 1]?.focus();
}

/** Keeps the focus in the dialog: a button that is switched off while its deed runs loses it. */
export function useKeptFocus(busy: boolean) {
  const last = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const lost = document.activeElement === document.body;
    if (!busy && lost && last.current?.isConnected) last.current.focus();
  }, [busy]);
  return {
    onFocus: (event: FocusEvent<HTMLElement>) => {
      last.current = event.target;
    },
  };
}

/** The rows of a list by their ids; one that is not drawn yet gets the focus when it is. */
export function useRowFocus(first: string | null) {
  const rows = useRef(new Map<string, HTMLElement>());
  const wanted = useRef(first);
  const take = () => {
    const row = wanted.current === null ? undefined : rows.current.get(wanted.current);
    if (!row) return;
    wanted.current = null;
    row.focus();
  };
  // After each drawing: a row may have come with it.
  useEffect(take);
  return {
    row: (id: string) => (element: HTMLElement | null) => {
      if (element) rows.current.set(id, element);
      else rows.current.delete(id);
    },
    focus: (id: string | null) => {
      wanted.current = id;
      take();
    },
  };
}
