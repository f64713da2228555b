/**
 * Pictures by asking for them one at a time, for where a socket does not open. Dearer than the
 * socket: every picture goes through the window's own message channel.
 */

import type { PictureBox } from "../backend";
import { parseFrame } from "./header";

/** Asks for the newest picture behind `after`; empty when nothing newer came in time. */
export type Pull = (wanted: PictureBox, after: number) => Promise<ArrayBuffer>;

/** Between two answers without a picture, in milliseconds: an answer at once must not spin. */
const EMPTY_PAUSE = 40;
/** After a failure: a longer pause each time, up to this many milliseconds. */
const MAX_PAUSE = 4000;

/** A loop of pulls that runs while there is credit and a wanted picture. */
export interface PullLoop {
  configure(wanted: PictureBox): void;
  credit(count: number): void;
  close(): void;
}

/** Starts pulling. */
export function pullFrames(pull: Pull, onFrame: (bytes: ArrayBuffer) => void): PullLoop {
  let wanted: PictureBox | null = null;
  let credit = 0;
  let after = 0;
  let failures = 0;
  let closed = false;
  let busy = false;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const pause = (milliseconds: number) => {
    timer = setTimeout(() => {
      timer = null;
      void next();
    }, milliseconds);
  };

  const received = (bytes: ArrayBuffer) => {
    failures = 0;
    if (bytes.byteLength === 0) {
      pause(EMPTY_PAUSE);
      return;
    }
    const frame = parseFrame(bytes);
    if (typeof frame !== "string") after = frame.header.seq;
    credit -= 1;
    onFrame(bytes);
    void next();
  };

  const next = async () => {
    if (closed || busy || timer !== null || wanted === null || credit <= 0) return;
    busy = true;
    let answer: ArrayBuffer | null = null;
    try {
      answer = await pull(wanted, after);
    } catch {
      failures += 1;
    }
    busy = false;
    if (closed) return;
    if (answer) received(answer);
    else pause(Math.min(EMPTY_PAUSE * 2 ** failures, MAX_PAUSE));
  };

  return {
    configure(picture) {
      // The same frame in another size is wanted again.
      if (wanted) after = 0;
      wanted = picture;
      void next();
    },
    credit(count) {
      credit += count;
      void next();
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
