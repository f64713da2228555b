/** Scrolls while something is dragged beyond the edge of the lanes: the further, the faster. */

/** Pixels to scroll in one picture of the screen, for a pointer at `x` of a lane. */
export function edgeSpeed(x: number, width: number): number {
  const beyond = x < 0 ? x : x > width ? x - width : 0;
  return Math.sign(beyond) * Math.min(40, Math.ceil(Math.abs(beyond) / 4));
}

/** A scrolling that goes on while the pointer stays beyond the edge. */
export class EdgeScroll {
  private due = 0;
  private x = 0;
  private width = 0;

  /** `scroll` gets the pixels of each step. */
  constructor(private readonly scroll: (pixels: number) => void) {}

  /** The pointer is here now. */
  at(x: number, width: number): void {
    this.x = x;
    this.width = width;
    if (this.due === 0 && edgeSpeed(x, width) !== 0) this.due = requestAnimationFrame(this.step);
  }

  stop(): void {
    cancelAnimationFrame(this.due);
    this.due = 0;
  }

  private readonly step = () => {
    this.due = 0;
    const speed = edgeSpeed(this.x, this.width);
    if (speed === 0) return;
    this.scroll(speed);
    this.due = requestAnimationFrame(this.step);
  };
}
