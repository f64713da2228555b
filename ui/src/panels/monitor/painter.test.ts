import { describe, expect, it } from "vitest";
import type { PictureFormat } from "../../backend/backend";
import { frameBytes } from "../../backend/frames/sample";
import { createPainter } from "./painter";
import type { FrameSink } from "./sinks/sink";
import { SinkUnavailable } from "./sinks/sink";

interface Told {
  frame: number;
  generation?: number;
  format?: PictureFormat;
}

function picture({ frame, generation = 1, format = "rgba" }: Told): ArrayBuffer {
  const strides: [number, number] = format === "rgba" ? [4, 0] : [1, 1];
  return frameBytes({ format, width: 1, height: 1, strides, frame, generation, seq: frame });
}

/** A painter whose screen refreshes when the test says so; `log` is what happened, in order. */
function workbench() {
  const log: string[] = [];
  let refresh: (() => void) | null = null;
  let credit = 0;
  const decoding: Array<{ done: () => void; failed: (reason: Error) => void }> = [];
  const unable = new Set<PictureFormat>();
  const openSink = (format: PictureFormat): FrameSink => {
    if (unable.has(format)) throw new SinkUnavailable(format);
    log.push(`open ${format}`);
    return {
      format,
      draw({ header }, isWanted) {
        log.push(`draw ${header.frame}`);
        if (format !== "jpeg") return true;
        return new Promise<boolean>((done, failed) =>
          decoding.push({ done: () => done(isWanted()), failed }),
        );
      },
      close: () => log.push(`close ${format}`),
    };
  };
  const painter = createPainter({
    openSink,
    schedule: (draw) => {
      refresh = draw;
      return () => {
        refresh = null;
      };
    },
    credit: (count) => {
      credit += count;
    },
    onDrawn: (header) => log.push(`drawn ${header.frame}`),
    onRefused: (format) => log.push(`refused ${format}`),
  });
  return {
    painter,
    log,
    unable,
    credit: () => credit,
    refresh() {
      const draw = refresh;
      refresh = null;
      draw?.();
    },
    async decoded(how: "done" | "failed" = "done") {
      decoding.shift()?.[how](new Error("damaged"));
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

describe("the painter", () => {
  it("draws at the next refresh, tells the frame drawn, and gives the credit back", () => {
    const { painter, log, refresh, credit } = workbench();
    painter.receive(picture({ frame: 7 }));
    expect(log).toEqual([]);
    expect(credit()).toBe(0);
    refresh();
    expect(log).toEqual(["open rgba", "draw 7", "drawn 7"]);
    expect(credit()).toBe(1);
  });

  it("draws the newest of those that came since the last refresh", () => {
    const { painter, log, refresh, credit } = workbench();
    for (const frame of [1, 2, 3]) painter.receive(picture({ frame }));
    refresh();
    refresh();
    expect(log).toEqual(["open rgba", "draw 3", "drawn 3"]);
    expect(credit()).toBe(3);
  });

  it("never draws what was loaded before, nor what is damaged, and keeps no credit for it", () => {
    const { painter, log, refresh, credit } = workbench();
    painter.receive(picture({ frame: 1, generation: 4 }));
    painter.setGeneration(5);
    painter.receive(picture({ frame: 2, generation: 4 }));
    painter.receive(new ArrayBuffer(10));
    refresh();
    expect(log).toEqual([]);
    expect(credit()).toBe(3);
    painter.receive(picture({ frame: 3, generation: 5 }));
    painter.receive(picture({ frame: 4, generation: 6 }));
    refresh();
    expect(log.at(-1)).toBe("drawn 4");
    expect(credit()).toBe(5);
  });

  it("tells a picture that is decoded on the side only when it is on the screen", async () => {
    const { painter, log, refresh, credit, decoded } = workbench();
    painter.receive(picture({ frame: 1, format: "jpeg" }));
    refresh();
    painter.receive(picture({ frame: 2, format: "jpeg" }));
    refresh();
    expect(log).toEqual(["open jpeg", "draw 1"]);
    await decoded();
    expect(log.at(-1)).toBe("drawn 1");
    expect(credit()).toBe(1);
    refresh();
    await decoded();
    expect(log.slice(-2)).toEqual(["draw 2", "drawn 2"]);
    expect(credit()).toBe(2);
  });

  it("tells nothing of a picture that was overtaken while it was decoded", async () => {
    const { painter, log, refresh, credit, decoded } = workbench();
    painter.receive(picture({ frame: 1, generation: 1, format: "jpeg" }));
    refresh();
    painter.setGeneration(2);
    await decoded();
    expect(log).not.toContain("drawn 1");
    expect(credit()).toBe(1);
  });

  it("goes on after a picture that can't be decoded", async () => {
    const { painter, log, refresh, credit, decoded } = workbench();
    painter.receive(picture({ frame: 1, format: "jpeg" }));
    refresh();
    await decoded("failed");
    expect(log).not.toContain("drawn 1");
    expect(credit()).toBe(1);
    painter.receive(picture({ frame: 2, format: "jpeg" }));
    refresh();
    await decoded();
    expect(log.at(-1)).toBe("drawn 2");
  });

  it("opens another sink for another format, and says which one does not work", () => {
    const { painter, log, refresh, credit, unable } = workbench();
    unable.add("i420");
    painter.receive(picture({ frame: 1 }));
    refresh();
    painter.receive(picture({ frame: 2, format: "i420" }));
    refresh();
    painter.receive(picture({ frame: 3 }));
    refresh();
    expect(log).toEqual([
      "open rgba",
      "draw 1",
      "drawn 1",
      "close rgba",
      "refused i420",
      "open rgba",
      "draw 3",
      "drawn 3",
    ]);
    expect(credit()).toBe(3);
  });

  it("does nothing once it is closed", () => {
    const { painter, log, refresh, credit } = workbench();
    painter.receive(picture({ frame: 1 }));
    painter.close();
    refresh();
    painter.receive(picture({ frame: 2 }));
    refresh();
    expect(log).toEqual([]);
    expect(credit()).toBe(0);
  });
});
