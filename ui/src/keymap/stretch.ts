/** Which part of what is loaded a key plays: between the marks, a clip, around the playhead. Pure. */
import type { ClipView, MonitorView, Transport } from "../backend/generated";
import { framesToMs } from "../time/timecode";

/** A move that plays a part at normal speed. */
export type Stretch = Extract<Transport, { kind: "playBetween" }>;

/** What is played around the playhead on each side of it. */
const AROUND_MS = 2000;

/** From in to out, an absent mark being the end on its side; `null` when nothing lies between. */
export function inToOut({
  frames,
  markIn,
  markOut,
}: Pick<MonitorView, "frames" | "markIn" | "markOut">): Stretch | null {
  return part(markIn ?? 0, markOut ?? frames, frames);
}

/** What is played again and again: from in to out; unmarked, the clip under the playhead; else
 * everything. */
export function loopOf(
  view: Pick<MonitorView, "frames" | "markIn" | "markOut">,
  frame: number,
  clips: readonly Pick<ClipView, "at" | "frames">[],
): Stretch | null {
  const isMarked = view.markIn !== null || view.markOut !== null;
  const clip = clips.find(({ at, frames }) => at <= frame && frame < at + frames);
  const found =
    isMarked || !clip ? inToOut(view) : part(clip.at, clip.at + clip.frames, view.frames);
  return found && { ...found, repeat: true };
}

/** Two seconds before the playhead to two behind it; it rests where it was. */
export function around(
  { frames, frameRate }: Pick<MonitorView, "frames" | "frameRate">,
  frame: number,
): Stretch | null {
  const rest = Math.min(Math.max(0, frames - 1), Math.max(0, frame));
  const reach = Math.max(1, Math.round(AROUND_MS / framesToMs(1, frameRate)));
  const found = part(rest - reach, rest + reach, frames);
  return found && { ...found, rest };
}

/** A part within what there is, played once. */
function part(from: number, to: number, frames: number): Stretch | null {
  const first = Math.max(0, from);
  const end = Math.min(frames, to);
  return first < end ? { kind: "playBetween", first, end, repeat: false, rest: null } : null;
}
