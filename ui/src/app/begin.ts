/** How a page of ours begins: everything is loaded and changes are heard of, until the page goes. */
import { backend } from "../backend/backend";
import { useDesk } from "../state/desk";

/**
 * Begins; answers how to stop. `then` is done once the program has said what it knows, unless the page went
 * before; what it answers is done at the end. The attempt's number only makes a new attempt a new beginning.
 */
export function begin(_attempt: number, then: () => (() => void) | undefined): () => void {
  let stopped = false;
  let stops: (() => void)[] = [];
  const stopAll = () => {
    for (const stop of stops) stop();
    stops = [];
  };
  void useDesk
    .getState()
    .start(backend())
    .then((stop) => {
      stops.push(stop);
      if (stopped) return stopAll();
      const last = useDesk.getState().ready ? then() : undefined;
      if (last) stops.push(last);
      return undefined;
    });
  return () => {
    stopped = true;
    stopAll();
  };
}
