/**
 * The one seam between the page and the program. Everything the page asks or hears goes through
 * here; nothing else may import what a particular program offers.
 */
import type { Commands, DeskEvent, FailureView, FramesEndpoint, MonitorName } from "./generated";

/** What `call` rejects with. */
export type Failure = FailureView;

/** How pictures travel: see `frames/header.ts`. */
export type PictureFormat = "rgba" | "i420" | "jpeg";

/** The largest box a picture may fill, in device pixels; the picture keeps its aspect. */
export interface PictureBox {
  format: PictureFormat;
  width: number;
  height: number;
}

/** `open`: pictures come by themselves; `pull`: they are asked for; `closed`: none come. */
export type FrameState = "open" | "pull" | "closed";

/** The pictures of one monitor. */
export interface FrameSource {
  configure(box: PictureBox): void;
  /** How many more pictures may be sent. */
  credit(count: number): void;
  close(): void;
}

/** A program behind the page. */
export interface Backend {
  /** @throws {Failure} */
  call<K extends keyof Commands>(
    command: K,
    args: Commands[K]["args"],
  ): Promise<Commands[K]["answer"]>;
  /** Until the function that it answers is called. */
  listen(onEvent: (event: DeskEvent) => void): Promise<() => void>;
  /** Where pictures come from; known once `desk_view` has answered. */
  connect(endpoint: FramesEndpoint): void;
  frames(
    monitor: MonitorName,
    onFrame: (bytes: ArrayBuffer) => void,
    onState: (state: FrameState) => void,
  ): FrameSource;
  /** Address of a still; empty before `connect`. */
  pictureUrl(flowId: string, frame: number, height: number): string;
  /** One byte a bin and channel, channel by channel; `null` when there are none. Rejects when they
   * can't be had now but may be later. */
  peaks(flowId: string, first: number, frames: number, bins: number): Promise<Uint8Array | null>;
  /** Address of a page of a sheet; empty before `connect`. */
  sheetPageUrl(jobId: string, page: number): string;
}

let chosen: Backend | undefined;

/** Chooses the backend, once, before the page is drawn. */
export function use(backend: Backend): void {
  chosen = backend;
}

/** The backend that was chosen. */
export function backend(): Backend {
  if (!chosen) throw new Error("no backend was chosen");
  return chosen;
}

/** Whatever was thrown, as a failure that can be shown. */
export function failureOf(thrown: unknown): Failure {
  if (isFailure(thrown)) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: "SO-UI-001",
    title: "The program did not answer as expected",
    detail,
    hint: "Try again. If it happens again, close the window and open it anew; nothing is lost.",
    retryable: true,
  };
}

function isFailure(thrown: unknown): thrown is Failure {
  if (typeof thrown !== "object" || thrown === null) return false;
  const fields = thrown as Partial<Record<keyof Failure, unknown>>;
  return (
    typeof fields.code === "string" &&
    typeof fields.title === "string" &&
    typeof fields.detail === "string" &&
    typeof fields.hint === "string"
  );
}
