/** The inside of the window, as it changes. */
import { useSyncExternalStore } from "react";
import type { WindowSize } from "./layout";

let current: WindowSize = { width: 0, height: 0 };

function subscribe(changed: () => void): () => void {
  window.addEventListener("resize", changed);
  return () => window.removeEventListener("resize", changed);
}

function snapshot(): WindowSize {
  const { innerWidth: width, innerHeight: height } = window;
  if (width !== current.width || height !== current.height) current = { width, height };
  return current;
}

export function useWindowSize(): WindowSize {
  return useSyncExternalStore(subscribe, snapshot);
}
