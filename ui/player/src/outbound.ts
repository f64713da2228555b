/**
 * Report lines on their way to the collector.
 *
 * Lines wait here while the phone is offline, at most `CAPACITY` of them, and go out in order when
 * the network is back. The collector knows a line by session and sequence number, so a line that
 * was sent twice counts once. The collector answers 204, or 410 to stop for good.
 */

/** Lines kept while the collector can't be reached. */
export const CAPACITY = 50;

/** First pause before another try, doubled up to `LONGEST_PAUSE_MS`. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** Lines of one moment travel together. */
const GATHER_MS = 150;

/** Sends one body and answers the HTTP status; rejects without a network. */
export type Post = (body: string) => Promise<number>;

export class Outbound {
  private waiting: string[] = [];
  private sending: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause = FIRST_PAUSE_MS;
  private closed = false;

  constructor(private readonly post: Post) {}

  /** The collector said that it wants no more. */
  get gone(): boolean {
    return this.closed;
  }

  /** Lines that the collector has not confirmed. */
  get pending(): number {
    return this.waiting.length + this.sending.length;
  }

  push(line: string): void {
    if (this.closed) {
      return;
    }
    this.waiting.push(line);
    this.waiting = newest(this.waiting);
    this.schedule(GATHER_MS);
  }

  /** Sends what waits now, beside what is already on its way: the page may be gone in a moment. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.length > 0 && !this.closed) {
      void this.send(this.waiting.splice(0));
    }
  }

  /** The network is back. */
  retry(): void {
    this.pause = FIRST_PAUSE_MS;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.next();
  }

  private schedule(ms: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.next();
    }, ms);
  }

  private next(): void {
    if (this.sending.length === 0 && this.waiting.length > 0 && !this.closed) {
      void this.send(this.waiting.splice(0));
    }
  }

  private async send(lines: string[]): Promise<void> {
    this.sending.push(...lines);
    const status = await this.post(lines.join("\n")).catch(() => 0);
    this.sending = this.sending.filter((line) => !lines.includes(line));
    if (status === 410) {
      this.closed = true;
      this.waiting = [];
      return;
    }
    if (status === 0 || status === 429 || status >= 500) {
      this.waiting = newest([...lines, ...this.waiting]);
      this.schedule(this.pause);
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
      return;
    }
    this.pause = FIRST_PAUSE_MS;
    this.next();
  }
}

/** The lines to keep: interval reports go first, as the next one carries their total. */
export function newest(lines: readonly string[]): string[] {
  const kept = [...lines];
  while (kept.length > CAPACITY) {
    const interval = kept.findIndex((line) => /(^|,)e=t(,|$)/.test(line));
    kept.splice(Math.max(interval, 0), 1);
  }
  return kept;
}
