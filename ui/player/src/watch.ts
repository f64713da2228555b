/**
 * Counts real playing time: pictures that moved before a viewer, not time that passed.
 *
 * Between two samples the smaller of wall time and media time counts, so that a stall, a seek or a
 * phone that slept adds nothing.
 */
export class WatchMeter {
  private last: { wall: number; media: number } | undefined;
  private watched = 0;
  private reported = 0;

  /** Playing begins or goes on: `wall` and `media` are milliseconds. */
  sample(wall: number, media: number): void {
    if (this.last) {
      const step = Math.min(wall - this.last.wall, media - this.last.media);
      this.watched += Math.max(0, step);
    }
    this.last = { wall, media };
  }

  /** Playing stops here. */
  stop(wall: number, media: number): void {
    if (this.last) {
      this.sample(wall, media);
    }
    this.last = undefined;
  }

  /** The playhead jumps: what lies between the last sample and the jump's target was not watched. */
  jump(): void {
    this.last = undefined;
  }

  /** Milliseconds watched in all. */
  total(): number {
    return Math.round(this.watched);
  }

  /** Milliseconds watched since the last call: the sum of all answers is `total()`. */
  take(): number {
    const since = this.total() - this.reported;
    this.reported += since;
    return since;
  }
}
