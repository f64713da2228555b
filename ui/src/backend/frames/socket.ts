/**
 * Pictures of one monitor over a WebSocket, with credit: the other end sends the newest picture
 * only while credit is left, so a page that is busy is never flooded. When the socket does not
 * open twice in a row pictures are pulled instead, and the socket is tried again now and then.
 */

import type { FrameSource, FrameState, PictureBox } from "../backend";
import { type Pull, type PullLoop, pullFrames } from "./pull";

/** The part of a WebSocket that is used; tests bring their own. */
export type SocketLike = Pick<
  WebSocket,
  "binaryType" | "onopen" | "onmessage" | "onclose" | "send" | "close"
>;

/** What the pictures of a monitor are opened with. */
export interface OpenFrames {
  /** Where the monitor's socket is. */
  readonly url: string;
  readonly onFrame: (bytes: ArrayBuffer) => void;
  readonly onState: (state: FrameState) => void;
  /** Opens a socket; may throw. */
  readonly makeSocket: (url: string) => SocketLike;
  /** Asks for one picture. */
  readonly pull: Pull;
}

/** Failed attempts in a row before pictures are pulled. */
export const ATTEMPTS_BEFORE_PULL = 2;
const FIRST_RETRY = 250;
const RETRY_WHILE_PULLING = 15_000;

/** Opens the pictures of one monitor. */
export function openFrames({ url, onFrame, onState, makeSocket, pull }: OpenFrames): FrameSource {
  let wanted: PictureBox | null = null;
  // Pictures that may still come: given to whichever way is open.
  let credit = 0;
  let failures = 0;
  let closed = false;
  let socket: SocketLike | null = null;
  let opened = false;
  let pulls: PullLoop | null = null;
  let retry: ReturnType<typeof setTimeout> | null = null;

  const arrived = (bytes: ArrayBuffer) => {
    credit = Math.max(0, credit - 1);
    onFrame(bytes);
  };

  const say = (message: object) => {
    if (socket && opened) socket.send(JSON.stringify(message));
  };

  const startPulling = () => {
    if (pulls) return;
    pulls = pullFrames(pull, arrived);
    if (wanted) pulls.configure(wanted);
    pulls.credit(credit);
    onState("pull");
  };

  const stopPulling = () => {
    pulls?.close();
    pulls = null;
  };

  const lost = () => {
    socket = null;
    opened = false;
    if (closed) return;
    failures += 1;
    if (failures >= ATTEMPTS_BEFORE_PULL) startPulling();
    else onState("closed");
    retry = setTimeout(connect, pulls ? RETRY_WHILE_PULLING : FIRST_RETRY);
  };

  const attach = (next: SocketLike) => {
    socket = next;
    next.binaryType = "arraybuffer";
    next.onopen = () => {
      if (closed || socket !== next) return;
      opened = true;
      stopPulling();
      if (wanted) say({ type: "configure", ...wanted });
      if (credit > 0) say({ type: "credit", count: credit });
      onState("open");
    };
    next.onmessage = ({ data }) => {
      if (closed || socket !== next || !(data instanceof ArrayBuffer)) return;
      // Only a picture proves the way: a server that opens and closes at once counts as failed.
      failures = 0;
      arrived(data);
    };
    next.onclose = () => {
      if (socket === next) lost();
    };
  };

  const connect = () => {
    retry = null;
    if (closed) return;
    try {
      attach(makeSocket(url));
    } catch {
      lost();
    }
  };

  connect();

  return {
    configure(next) {
      wanted = next;
      say({ type: "configure", ...next });
      pulls?.configure(next);
    },
    credit(count) {
      credit += count;
      say({ type: "credit", count });
      pulls?.credit(count);
    },
    close() {
      if (closed) return;
      closed = true;
      if (retry !== null) clearTimeout(retry);
      stopPulling();
      socket?.close();
      socket = null;
      onState("closed");
    },
  };
}
