/** A WebSocket that ends in this page: the real socket code talks to a monitor of the fake. */
import type { PictureBox } from "../backend";
import type { SocketLike } from "../frames";
import type { FakeMonitor, Viewer } from "./monitor";

type Said = ({ type: "configure" } & PictureBox) | { type: "credit"; count: number };

export class FakeSocket implements SocketLike {
  binaryType: BinaryType = "arraybuffer";
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  private viewer: Viewer | null = null;

  constructor(private readonly monitor: FakeMonitor) {
    queueMicrotask(() => {
      this.viewer = monitor.watch((data) => this.tell(new MessageEvent("message", { data })));
      this.onopen?.call(this as unknown as WebSocket, new Event("open"));
    });
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    const said = JSON.parse(String(data)) as Said;
    if (said.type === "configure") this.viewer?.configure(said);
    else this.viewer?.give(said.count);
  }

  close(): void {
    if (this.viewer) this.monitor.leave(this.viewer);
  }

  private tell(event: MessageEvent): void {
    this.onmessage?.call(this as unknown as WebSocket, event);
  }
}
