/** Why an entry of the outbox is still here, and what the workspace does with entries. */

import type { OutboxItem, WorkspaceView } from "../../backend/generated";
import { bytesWords } from "../../time/words";

/** How an entry is drawn. */
export interface Waiting {
  readonly tone: "quiet" | "busy" | "warn" | "error";
  /** On the chip. */
  readonly word: string;
  /** In a sentence below the title; empty when there is nothing to add. */
  readonly why: string;
}

/** What an entry waits for, in words; what the program has no short name for is said as it is. */
export function waitingWords(item: OutboxItem): Waiting {
  const again = item.attempts > 0 ? `tried ${times(item.attempts)}` : "";
  switch (item.state) {
    case "sending":
    case "leased":
      return { tone: "busy", word: "Sending", why: joined([sentWords(item), again]) };
    case "dead":
      return {
        tone: "error",
        word: "Needs a decision",
        why: joined([item.error ?? item.waitingFor ?? "The remote refused it", again]),
      };
    case "waiting":
      return { tone: "warn", word: "Waiting", why: joined([reason(item.waitingFor), again]) };
    default:
      return { tone: "quiet", word: "In line", why: joined([item.waitingFor ?? "", again]) };
  }
}

/** How much of it the remote has confirmed. */
function sentWords({ doneBytes, totalBytes }: OutboxItem): string {
  if (doneBytes === null || totalBytes === null || totalBytes === 0) return "";
  return `${bytesWords(doneBytes)} of ${bytesWords(totalBytes)} confirmed`;
}

function reason(waitingFor: string | null): string {
  switch (waitingFor) {
    case "network":
      return "Waits for the network";
    case "credentials":
      return "The store refuses the credentials";
    case "disk":
      return "Waits for room on the disk";
    case "another try":
      return "Is tried again";
    case null:
      return "";
    default:
      return waitingFor;
  }
}

/** `12 waiting, 1 needs a decision`; `empty`. */
export function outboxLine(items: readonly OutboxItem[]): string {
  const dead = items.filter(({ state }) => state === "dead").length;
  const waiting = items.length - dead;
  if (items.length === 0) return "empty";
  const parts = [];
  if (waiting > 0) parts.push(`${waiting} waiting`);
  if (dead > 0) parts.push(`${dead} ${dead === 1 ? "needs" : "need"} a decision`);
  return parts.join(", ");
}

/** Why an empty outbox is empty. */
export function emptyWords(workspace: WorkspaceView | null): { title: string; text: string } {
  if (!workspace || workspace.stores.length === 0) {
    return {
      title: "Nothing leaves this machine",
      text: "No store is configured. What you publish is kept and played from here.",
    };
  }
  return {
    title: "Everything has arrived",
    text: `Nothing waits for ${workspace.stores.join(", ")}.`,
  };
}

function times(attempts: number): string {
  return attempts === 1 ? "once" : `${attempts} times`;
}

function joined(parts: readonly string[]): string {
  return parts.filter(Boolean).join(", ");
}
