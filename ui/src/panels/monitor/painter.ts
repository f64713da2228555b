/**
 * Draws the pictures that come for one monitor: at most one a screen refresh, the newest wins,
 * one credit goes back for each that was taken. What a picture says of itself is announced in the
 * task in which it was drawn, so that no read-out is ever ahead of or behind the screen.
 */

import type { PictureFormat } from "../../backend/backend";
import type { Frame, FrameHeader } from "../../backend/frames";
import { isOlder, parseFrame } from "../../backend/frames";
import type { FrameSink } from "./sinks/sink";

/** What the painter works with. */
export interface PainterParts {
  /** A sink on a fresh canvas; throws when the format can't be drawn here. */
  readonly openSink: (format: PictureFormat) => FrameSink;
  /** Calls back at the next refresh of the screen; answers with how to call it off. */
  readonly schedule: (draw: () => void) => () => void;
  /** Gives credit back. */
  readonly credit: (count: number) => void;
  /** A picture is on the canvas. */
  readonly onDrawn: (header: FrameHeader) => void;
  /** A format can't be drawn here. */
  readonly onRefused: (format: PictureFormat) => void;
}

/** Pictures that may be under way at once. */
export const CREDIT = 2;

/** Draws pictures until it is closed. */
export interface Painter {
  /** Takes the bytes of a picture. */
  receive(bytes: ArrayBuffer): void;
  /** Pictures made for something loaded earlier are not drawn any more. */
  setGeneration(generation: number): void;
  /** The sink can't go on; the next picture opens another. */
  dropSink(): void;
  close(): void;
}

/** Starts a painter; the first credit is given by the caller. */
export function createPainter(parts: PainterParts): Painter {
  let pending: Frame | null = null;
  let sink: FrameSink | null = null;
  let cancel: (() => void) | null = null;
  let drawing = false;
  let closed = false;
  let generation: number | null = null;

  const isStale = ({ header }: Frame) =>
    generation !== null && isOlder(header.generation, generation);

  const plan = () => {
    if (!pending || cancel || drawing || closed) return;
    cancel = parts.schedule(() => {
      cancel = null;
      const frame = pending;
      pending = null;
      if (frame) draw(frame);
    });
  };

  const sinkFor = (format: PictureFormat): FrameSink => {
    if (sink?.format === format) return sink;
    sink?.close();
    sink = null;
    sink = parts.openSink(format);
    return sink;
  };

  const finish = (header: FrameHeader | null) => {
    drawing = false;
    if (closed) return;
    if (header) parts.onDrawn(header);
    parts.credit(1);
    plan();
  };

  const refuse = (format: PictureFormat) => {
    sink?.close();
    sink = null;
    if (!closed) parts.onRefused(format);
    finish(null);
  };

  const draw = (frame: Frame) => {
    drawing = true;
    const { header } = frame;
    try {
      const done = sinkFor(header.format).draw(frame, () => !closed && !isStale(frame));
      if (typeof done === "boolean") {
        finish(done ? header : null);
        return;
      }
      // One picture that can't be decoded says nothing about the next.
      done.then(
        (isDrawn) => finish(isDrawn ? header : null),
        () => finish(null),
      );
    } catch {
      refuse(header.format);
    }
  };

  return {
    receive(bytes) {
      if (closed) return;
      const frame = parseFrame(bytes);
      if (typeof frame === "string" || isStale(frame)) {
        parts.credit(1);
        return;
      }
      if (pending) parts.credit(1);
      pending = frame;
      plan();
    },
    setGeneration(next) {
      generation = next;
      if (!pending || !isStale(pending)) return;
      pending = null;
      parts.credit(1);
    },
    dropSink() {
      sink?.close();
      sink = null;
    },
    close() {
      closed = true;
      pending = null;
      cancel?.();
      sink?.close();
      sink = null;
    },
  };
}
