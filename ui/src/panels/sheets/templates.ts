/** The sheet templates: read once, and how a page of each looks in small. */

import { useEffect } from "react";
import { create } from "zustand";
import { backend, type Failure, failureOf } from "../../backend/backend";
import type { TemplateView } from "../../backend/generated";

interface Templates {
  readonly list: readonly TemplateView[];
  readonly failure: Failure | null;
  load(): Promise<void>;
}

const useTemplateStore = create<Templates>()((set) => ({
  list: [],
  failure: null,
  async load() {
    try {
      set({ list: await backend().call("sheet_templates", {}), failure: null });
    } catch (thrown) {
      set({ failure: failureOf(thrown) });
    }
  },
}));

/** The templates; asked for when they are first needed. */
export function useTemplates(): Templates {
  const templates = useTemplateStore();
  const { load, list } = templates;
  const missing = list.length === 0;
  useEffect(() => {
    if (missing) void load();
  }, [missing, load]);
  return templates;
}

/** Columns and rows of the little picture of a page: near enough to tell templates apart. */
export function gridOf({ codesPerPage, poster }: TemplateView): { columns: number; rows: number } {
  if (poster || codesPerPage <= 1) return { columns: 1, rows: 1 };
  const columns = codesPerPage > 40 ? 5 : codesPerPage >= 18 ? 3 : 2;
  return { columns, rows: Math.ceil(codesPerPage / columns) };
}
