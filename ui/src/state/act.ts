/** What the page asks of the program. A rejection becomes a message that stays. */
import { backend, failureOf } from "../backend/backend";
import type { Commands, MonitorName, SequenceEdit, Transport } from "../backend/generated";
import { useDesk } from "./desk";
import { useMessages } from "./messages";
import { useView } from "./view";

/** Calls a command; `undefined` when it failed, which the user then knows. */
export async function call<K extends keyof Commands>(
  command: K,
  args: Commands[K]["args"],
): Promise<Commands[K]["answer"] | undefined> {
  try {
    return await backend().call(command, args);
  } catch (thrown) {
    useMessages.getState().fail(failureOf(thrown));
    return undefined;
  }
}

/** Moves a monitor: on the page at once, then as the program answers. */
export async function transport(monitor: MonitorName, move: Transport): Promise<void> {
  const settle = useDesk.getState().ask(monitor, move);
  settle(await call("monitor_transport", { monitor, transport: move }));
}

/** Changes the sequence; whether it did. */
export async function edit(change: SequenceEdit): Promise<boolean> {
  const view = await call("sequence_edit", { edit: change });
  if (!view) return false;
  useDesk.getState().takeSequence(view);
  const known = new Set(useDesk.getState().sequence.clips.map((clip) => clip.id));
  const { selectedClips, selectClips } = useView.getState();
  const left = selectedClips.filter((id) => known.has(id));
  if (left.length !== selectedClips.length) selectClips(left);
  return true;
}

/** Loads a flow into the source monitor. */
export async function openFlow(flowId: string, frame: number | null = null): Promise<void> {
  useView.getState().selectFlow(flowId);
  const view = await call("source_open", { flowId, frame });
  if (view) useDesk.getState().takeMonitor(view);
}

/** Puts a failure that was found elsewhere before the user. */
export function fail(thrown: unknown): void {
  useMessages.getState().fail(failureOf(thrown));
}

/** Says something that needs no answer. */
export function notice(text: string): void {
  useMessages.getState().notice(text);
}
