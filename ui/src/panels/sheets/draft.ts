/** The sheet that is being prepared; kept while other views are open. */

import { create } from "zustand";

interface SheetDraft {
  /** Name of a template; `null`: the first one. */
  readonly template: string | null;
  /** One place a line, as typed. */
  readonly places: string;
  readonly local: boolean | null;
  /** The job of the sheet that is shown; `null`: the newest. */
  readonly shown: string | null;
  /** Page and code that are shown, from 0. */
  readonly page: number;
  readonly code: number;
  change(part: Partial<Omit<SheetDraft, "change" | "show">>): void;
  /** Shows another sheet from its first page on. */
  show(job: string | null): void;
}

export const useSheetDraft = create<SheetDraft>()((set) => ({
  template: null,
  places: "",
  local: null,
  shown: null,
  page: 0,
  code: 0,
  change: (part) => set(part),
  show: (shown) => set({ shown, page: 0, code: 0 }),
}));
