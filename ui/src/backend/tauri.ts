/** The real program: Tauri commands, its `desk` event, and the loopback server for pictures. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Backend, FrameSource, FrameState, PictureBox } from "./backend";
import { openFrames } from "./frames/socket";
import type { Commands, DeskEvent, FramesEndpoint, MonitorName } from "./generated";
import { WebPictures } from "./pictures";

/** What a pull asks for; see `frames/pull.ts`. */
interface Pull {
  monitor: MonitorName;
  /** Number of the last picture that came; 0 before the first. */
  after: number;
  format: PictureBox["format"];
  width: number;
  height: number;
}

export class TauriBackend implements Backend {
  private readonly pictures = new WebPictures();

  call<K extends keyof Commands>(
    command: K,
    args: Commands[K]["args"],
  ): Promise<Commands[K]["answer"]> {
    return invoke<Commands[K]["answer"]>(command, { args });
  }

  listen(onEvent: (event: DeskEvent) => void): Promise<() => void> {
    return listen<DeskEvent>("desk", ({ payload }) => onEvent(payload));
  }

  connect(endpoint: FramesEndpoint): void {
    this.pictures.connect(endpoint);
  }

  frames(
    monitor: MonitorName,
    onFrame: (bytes: ArrayBuffer) => void,
    onState: (state: FrameState) => void,
  ): FrameSource {
    return openFrames({
      url: `${this.pictures.socket}/${monitor}`,
      onFrame,
      onState,
      makeSocket: (url) => new WebSocket(url),
      pull: (box, after) =>
        invoke<ArrayBuffer>("frame_pull", { args: { monitor, after, ...box } satisfies Pull }),
    });
  }

  pictureUrl(flowId: string, frame: number, height: number): string {
    return this.pictures.pictureUrl(flowId, frame, height);
  }

  peaks(flowId: string, first: number, frames: number, bins: number): Promise<Uint8Array | null> {
    return this.pictures.peaks(flowId, first, frames, bins);
  }

  sheetPageUrl(jobId: string, page: number): string {
    return this.pictures.sheetPageUrl(jobId, page);
  }
}
