/**
 * The picture of one monitor as a whole: the canvas, the painter, and the pictures that are asked
 * for, in the size and format that suit the panel, this machine and the way they travel.
 */

import type { FrameSource, FrameState, PictureFormat } from "../../backend/backend";
import type { FrameHeader } from "../../backend/frames";
import { type Box, wantedBox } from "./geometry";
import { CREDIT, createPainter } from "./painter";
import { openSink } from "./sinks/open";

/** What a screen works with. */
export interface ScreenParts {
  /** The canvas is put in here. */
  readonly host: HTMLElement;
  /** Opens the pictures of the monitor. */
  readonly open: (
    onFrame: (bytes: ArrayBuffer) => void,
    onState: (state: FrameState) => void,
  ) => FrameSource;
  /** The format that suits this machine. */
  readonly format: PictureFormat;
  readonly onDrawn: (header: FrameHeader) => void;
  readonly onState: (state: FrameState) => void;
}

/** A picture that follows its monitor until it is closed. */
export interface Screen {
  /** The room for the picture, in CSS pixels, and device pixels to each of them. */
  resize(area: Box, pixelRatio: number): void;
  /** What is loaded now. */
  setGeneration(generation: number): void;
  close(): void;
}

/** A panel that is being resized asks for another size only when it comes to rest. */
const REST = 120;

/** The formats from the one that is wanted most to the one that always works. */
const ORDER: readonly PictureFormat[] = ["i420", "rgba", "jpeg"];

/** Opens a screen; the pictures come as soon as its size is known. */
export function openScreen(parts: ScreenParts): Screen {
  let preferred = parts.format;
  let way: FrameState = "closed";
  let room: { area: Box; pixelRatio: number } | null = null;
  let asked = "";
  let source: FrameSource | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const painter = createPainter({
    openSink(format) {
      // A canvas keeps the kind of drawing it began with: each sink gets its own.
      const canvas = document.createElement("canvas");
      const sink = openSink(format, canvas, () => {
        painter.dropSink();
        avoid(format);
      });
      parts.host.replaceChildren(canvas);
      return sink;
    },
    schedule(draw) {
      const id = requestAnimationFrame(draw);
      return () => cancelAnimationFrame(id);
    },
    credit: (count) => source?.credit(count),
    onDrawn: parts.onDrawn,
    onRefused: (format) => avoid(format),
  });

  const ask = () => {
    if (!room || !source) return;
    // Pulled pictures are copied several times: the fewest bytes are the fastest.
    const format = way === "pull" ? "jpeg" : preferred;
    const box = wantedBox(room.area, room.pixelRatio, format);
    if (!box) return;
    const wanted = { format, ...box };
    const text = JSON.stringify(wanted);
    if (text === asked) return;
    asked = text;
    source.configure(wanted);
  };

  const avoid = (format: PictureFormat) => {
    if (format !== preferred) return;
    preferred = ORDER[ORDER.indexOf(format) + 1] ?? "jpeg";
    ask();
  };

  // The way may be known before `open` has answered.
  source = parts.open(painter.receive, (state) => {
    way = state;
    parts.onState(state);
    ask();
  });
  source.credit(CREDIT);

  return {
    resize(area, pixelRatio) {
      const isFirst = room === null;
      room = { area, pixelRatio };
      if (timer !== null) clearTimeout(timer);
      timer = isFirst ? null : setTimeout(ask, REST);
      if (isFirst) ask();
    },
    setGeneration: (generation) => painter.setGeneration(generation),
    close() {
      if (timer !== null) clearTimeout(timer);
      painter.close();
      source?.close();
    },
  };
}
