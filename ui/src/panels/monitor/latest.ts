/** Sends the newest of many values, one at a time: what came between is never sent. */

/** Takes values as fast as they come. */
export interface Latest<T> {
  /** Sends the value now, or as soon as the one under way is answered. */
  send(value: T): void;
  /** Forgets the value that waits. */
  drop(): void;
}

/** Runs `deliver` with the newest value whenever the last run is over, however it ended. */
export function latest<T>(deliver: (value: T) => Promise<unknown>): Latest<T> {
  let waiting: { value: T } | null = null;
  let busy = false;

  const next = async () => {
    busy = true;
    while (waiting) {
      const { value } = waiting;
      waiting = null;
      await deliver(value).catch(() => undefined);
    }
    busy = false;
  };

  return {
    send(value) {
      waiting = { value };
      if (!busy) void next();
    },
    drop() {
      waiting = null;
    },
  };
}
