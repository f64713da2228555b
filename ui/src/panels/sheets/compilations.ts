/** The compilations of the workspace, newest first; read again when something was published. */

import { useEffect } from "react";
import { create } from "zustand";
import { backend, type Failure, failureOf } from "../../backend/backend";
import type { CompilationView } from "../../backend/generated";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";

interface Compilations {
  /** `null` before the first answer. */
  readonly list: readonly CompilationView[] | null;
  readonly failure: Failure | null;
  load(): Promise<void>;
}

/** Answers that come late must not replace newer ones. */
let asked = 0;

export const useCompilationStore = create<Compilations>()((set) => ({
  list: null,
  failure: null,
  async load() {
    asked += 1;
    const mine = asked;
    try {
      const list = await backend().call("compilations", {});
      if (mine === asked) set({ list, failure: null });
    } catch (thrown) {
      if (mine === asked) set({ failure: failureOf(thrown) });
    }
  },
}));

const NONE: readonly CompilationView[] = [];

/** The list, kept up to date while something on the screen uses it. */
export function useCompilations(): {
  readonly list: readonly CompilationView[];
  readonly known: boolean;
  readonly failure: Failure | null;
  readonly again: () => void;
} {
  const { list, failure, load } = useCompilationStore();
  const published = useDesk(
    ({ jobs }) =>
      jobs.filter(({ kind, state }) => kind === "publish" && state.kind === "done").length,
  );
  const ready = useDesk((desk) => desk.ready);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each finished publish is a reason to read again
  useEffect(() => {
    if (ready) void load();
  }, [load, ready, published]);
  return { list: list ?? NONE, known: list !== null, failure, again: () => void load() };
}

/** The compilation that sheets and metrics are about: the chosen one, else the newest. */
export function useChosenCompilation(): CompilationView | undefined {
  const { list } = useCompilations();
  const chosen = useView((view) => view.compilation);
  return list.find(({ id }) => id === chosen) ?? list[0];
}
