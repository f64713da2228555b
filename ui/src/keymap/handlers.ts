/** Deeds that only a panel on the screen can do; actions ask for them by name. */

export type HandlerName =
  | "search.focus"
  | "search.clear"
  | "timeline.zoomIn"
  | "timeline.zoomOut"
  | "timeline.fit"
  | "clips.before"
  | "clips.after";

const handlers = new Map<HandlerName, () => void>();

/** Offers a deed until the function that it answers is called. */
export function provideHandler(name: HandlerName, run: () => void): () => void {
  handlers.set(name, run);
  return () => {
    if (handlers.get(name) === run) handlers.delete(name);
  };
}

export function hasHandler(name: HandlerName): boolean {
  return handlers.has(name);
}

export function runHandler(name: HandlerName): void {
  handlers.get(name)?.();
}
