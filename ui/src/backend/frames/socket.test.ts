import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FrameState } from "../backend";
import type { Pull } from "./pull";
import { frameBytes } from "./sample";
import { openFrames, type SocketLike } from "./socket";

const WANTED = { format: "rgba", width: 640, height: 360 } as const;
const PICTURE = frameBytes({ format: "rgba", width: 1, height: 1, strides: [4, 0], seq: 3 });

/** A socket whose other end is the test. */
class FarEnd implements SocketLike {
  binaryType: BinaryType = "blob";
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  readonly said: unknown[] = [];
  closed = false;

  send(text: string | ArrayBufferLike | Blob | ArrayBufferView) {
    this.said.push(JSON.parse(String(text)));
  }
  close() {
    this.closed = true;
  }
  opens() {
    this.onopen?.call(this as unknown as WebSocket, new Event("open"));
  }
  gives(data: unknown) {
    this.onmessage?.call(this as unknown as WebSocket, new MessageEvent("message", { data }));
  }
  drops() {
    this.onclose?.call(this as unknown as WebSocket, new Event("close") as CloseEvent);
  }
}

function start(pull: Pull = () => new Promise(() => {})) {
  const sockets: FarEnd[] = [];
  const states: FrameState[] = [];
  const onFrame = vi.fn();
  const source = openFrames({
    url: "ws://127.0.0.1:1/token/frames/source",
    onFrame,
    onState: (state) => states.push(state),
    makeSocket: (url) => {
      expect(url).toBe("ws://127.0.0.1:1/token/frames/source");
      const socket = new FarEnd();
      sockets.push(socket);
      return socket;
    },
    pull,
  });
  const last = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  };
  return { source, sockets, states, onFrame, last };
}

describe("pictures over a socket", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("says what is wanted and its credit once it is open", () => {
    const { source, last, states, onFrame } = start();
    source.configure(WANTED);
    source.credit(2);
    expect(last().said).toEqual([]);
    last().opens();
    expect(last().binaryType).toBe("arraybuffer");
    expect(last().said).toEqual([
      { type: "configure", ...WANTED },
      { type: "credit", count: 2 },
    ]);
    last().gives(PICTURE);
    expect(onFrame).toHaveBeenCalledExactlyOnceWith(PICTURE);
    source.credit(1);
    expect(last().said.at(-1)).toEqual({ type: "credit", count: 1 });
    expect(states).toEqual(["open"]);
    source.close();
    expect(last().closed).toBe(true);
  });

  it("ignores text", () => {
    const { last, onFrame, source } = start();
    last().opens();
    last().gives("hello");
    expect(onFrame).not.toHaveBeenCalled();
    source.close();
  });

  it("gives a new socket the credit that the lost one still had", async () => {
    const { source, sockets, last, states } = start();
    source.configure(WANTED);
    source.credit(2);
    last().opens();
    last().gives(PICTURE);
    last().drops();
    expect(states.at(-1)).toBe("closed");
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
    last().opens();
    expect(last().said).toEqual([
      { type: "configure", ...WANTED },
      { type: "credit", count: 1 },
    ]);
    source.close();
  });

  it("pulls after two failed attempts and goes back to a socket that opens", async () => {
    const pull = vi.fn<Pull>(() => new Promise(() => {}));
    const { source, sockets, last, states } = start(pull);
    source.configure(WANTED);
    source.credit(2);
    last().drops();
    await vi.advanceTimersByTimeAsync(300);
    last().drops();
    expect(states).toEqual(["closed", "pull"]);
    expect(pull).toHaveBeenCalledExactlyOnceWith(WANTED, 0);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(sockets).toHaveLength(3);
    last().opens();
    expect(states.at(-1)).toBe("open");
    expect(last().said.at(-1)).toEqual({ type: "credit", count: 2 });
    source.close();
  });

  it("pulls when the other end opens and closes without a picture", async () => {
    const { source, last, states } = start();
    last().opens();
    last().drops();
    await vi.advanceTimersByTimeAsync(300);
    last().opens();
    last().drops();
    expect(states.at(-1)).toBe("pull");
    source.close();
  });

  it("pulls when no socket can be made at all", async () => {
    const states: FrameState[] = [];
    const source = openFrames({
      url: "ws://127.0.0.1:1/token/frames/source",
      onFrame: () => {},
      onState: (state) => states.push(state),
      makeSocket: () => {
        throw new DOMException("blocked", "SecurityError");
      },
      pull: () => new Promise(() => {}),
    });
    await vi.advanceTimersByTimeAsync(300);
    expect(states).toEqual(["closed", "pull"]);
    source.close();
  });

  it("is silent after close", async () => {
    const { source, sockets, last, onFrame, states } = start();
    last().opens();
    source.close();
    last().gives(PICTURE);
    last().drops();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onFrame).not.toHaveBeenCalled();
    expect(sockets).toHaveLength(1);
    expect(states.at(-1)).toBe("closed");
  });
});
