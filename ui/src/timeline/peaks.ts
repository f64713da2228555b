/** Levels of sound for the waveforms: asked for once, a bounded number of blocks is kept. */

import { backend } from "../backend/backend";
import type { PeakBlock } from "./strip";

/** Levels of a block; `channels` is 1 or 2. */
export interface Peaks {
  channels: number;
  bins: number;
  /** One byte a bin, channel by channel. */
  levels: Uint8Array;
}

/** Blocks that are kept. */
const KEPT = 800;

/** Blocks that are asked for at once. */
const AT_ONCE = 4;

/** How long after a failure a block may be asked for again. */
const AGAIN_AFTER_MS = 5_000;

/** Where blocks come from. */
export type PeakSource = (
  flowId: string,
  first: number,
  frames: number,
  bins: number,
) => Promise<Uint8Array | null>;

/** Keeps blocks and fetches those that are missing, a few at a time, the newest wish first. */
export class PeakCache {
  /** `null`: on its way, failed a short while ago, or there is no sound. In the order of their
   * last use. */
  private readonly known = new Map<string, Peaks | null>();
  private readonly wishes: { key: string; flowId: string; block: PeakBlock }[] = [];
  private running = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly source: PeakSource) {}

  /** The levels, or `null` while they are not here; then they are asked for. */
  get(flowId: string, block: PeakBlock): Peaks | null {
    const key = `${flowId}/${block.first}/${block.frames}/${block.bins}`;
    const known = this.known.get(key);
    this.known.delete(key);
    this.known.set(key, known ?? null);
    if (known === undefined) {
      this.wishes.push({ key, flowId, block });
      this.forgetOldest();
      this.fetchNext();
    }
    return known ?? null;
  }

  /** Calls `listener` when levels have come, until the function that it answers is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private fetchNext(): void {
    while (this.running < AT_ONCE) {
      const wish = this.wishes.pop();
      if (wish === undefined) return;
      // Forgotten meanwhile: scrolled by long ago.
      if (!this.known.has(wish.key)) continue;
      this.running += 1;
      void this.fetch(wish.key, wish.flowId, wish.block);
    }
  }

  private async fetch(key: string, flowId: string, block: PeakBlock): Promise<void> {
    let levels: Uint8Array | null = null;
    try {
      levels = await this.source(flowId, block.first, block.frames, block.bins);
    } catch {
      // Without its wave a clip is still a clip; the lane draws it plain.
      setTimeout(() => this.forgetFailed(key), AGAIN_AFTER_MS);
    }
    this.running -= 1;
    const peaks = levels === null ? null : peaksOf(levels, block.bins);
    if (peaks !== null && this.known.has(key)) {
      this.known.set(key, peaks);
      this.tell();
    }
    this.fetchNext();
  }

  /** Who still wants the block asks for it anew. */
  private forgetFailed(key: string): void {
    if (this.known.get(key) !== null) return;
    this.known.delete(key);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private forgetOldest(): void {
    for (const key of this.known.keys()) {
      if (this.known.size <= KEPT) return;
      this.known.delete(key);
    }
  }
}

/** Bytes as levels; `null` when their number does not fit the bins. */
export function peaksOf(levels: Uint8Array, bins: number): Peaks | null {
  const channels = levels.length / bins;
  return channels === 1 || channels === 2 ? { channels, bins, levels } : null;
}

/** The loudest level of a channel between two places of a block, 0 to 1 of its length. */
export function loudest(peaks: Peaks, channel: number, from: number, to: number): number {
  const { bins, levels } = peaks;
  const first = Math.min(bins - 1, Math.max(0, Math.floor(from * bins)));
  const last = Math.min(bins, Math.max(first + 1, Math.ceil(to * bins)));
  let loud = 0;
  for (let bin = first; bin < last; bin += 1) {
    loud = Math.max(loud, levels[channel * bins + bin] ?? 0);
  }
  return loud;
}

/** The levels that all lanes share. */
export const peakCache = new PeakCache((flowId, first, frames, bins) =>
  backend().peaks(flowId, first, frames, bins),
);
