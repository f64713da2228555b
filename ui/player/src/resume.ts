/** Where the viewer was, kept for this tab only. */

/** Too near the start or the end to be worth keeping, in seconds. */
const EDGE_S = 5;
const EVERY_MS = 2_000;

/** What is needed of a video element. */
interface Playing {
  readonly currentTime: number;
  readonly duration: number;
}

export class Resume {
  private savedAt = 0;

  /** The position to go on from in seconds, 0 for the start. `length` 0 means unknown. */
  position(id: string, length: number): number {
    const at = Number(this.storage((store) => store.getItem(key(id))) ?? 0);
    return at >= EDGE_S && (length === 0 || at <= length - EDGE_S) ? at : 0;
  }

  save(id: string, { currentTime, duration }: Playing): void {
    if (currentTime >= EDGE_S && currentTime <= duration - EDGE_S) {
      this.storage((store) => store.setItem(key(id), currentTime.toFixed(1)));
    } else if (currentTime > 0) {
      this.forget(id);
    }
  }

  saveSometimes(id: string, playing: Playing): void {
    const now = performance.now();
    if (now - this.savedAt > EVERY_MS) {
      this.savedAt = now;
      this.save(id, playing);
    }
  }

  forget(id: string): void {
    this.storage((store) => store.removeItem(key(id)));
  }

  /** A browser may refuse storage; then the video starts at its beginning. */
  private storage<T>(use: (store: Storage) => T): T | undefined {
    try {
      return use(sessionStorage);
    } catch {
      return undefined;
    }
  }
}

function key(id: string): string {
  return `stringout.at.${id}`;
}
