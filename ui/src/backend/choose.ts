/** Which program is behind the page: Tauri in the window, the fake in a plain browser. */
import type { Backend } from "./backend";

/** Loads the one that is there. The page that ships has no fake: its code is left out. */
export async function chooseBackend(): Promise<Backend> {
  if (import.meta.env.MODE !== "production" && !("__TAURI_INTERNALS__" in window)) {
    const { FakeBackend } = await import("./fake/backend");
    const { takeDrops } = await import("./fake/window");
    const fake = FakeBackend.fromAddress(window.location.search);
    takeDrops(fake);
    return fake;
  }
  const { TauriBackend } = await import("./tauri");
  return new TauriBackend();
}
