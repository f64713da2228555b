/** What the user is told: failures stay until they are put away, notices go by themselves. */
import { create } from "zustand";
import type { Failure } from "../backend/backend";

/** How long a notice stays. */
export const NOTICE_MS = 8_000;

/** Failures beyond this many push the oldest out. */
const MOST = 20;

export interface FailureMessage {
  id: number;
  kind: "failure";
  failure: Failure;
  /** How often it happened. */
  times: number;
}

export interface NoticeMessage {
  id: number;
  kind: "notice";
  text: string;
}

export type Message = FailureMessage | NoticeMessage;

export interface MessagesState {
  /** Newest last. */
  messages: Message[];
  /** Says what did not happen; the same failure again is counted, not repeated. */
  fail(failure: Failure): void;
  notice(text: string): void;
  dismiss(id: number): void;
}

let last = 0;

export const useMessages = create<MessagesState>()((set, get) => ({
  messages: [],

  fail(failure) {
    const messages = get().messages;
    const at = messages.findIndex((one) => one.kind === "failure" && same(one.failure, failure));
    const known = messages[at];
    if (known?.kind === "failure") {
      set({ messages: messages.with(at, { ...known, times: known.times + 1 }) });
      return;
    }
    const added: Message = { id: nextId(), kind: "failure", failure, times: 1 };
    set({ messages: [...messages, added].slice(-MOST) });
  },

  notice(text) {
    const others = get().messages.filter((one) => one.kind !== "notice" || one.text !== text);
    set({ messages: [...others, { id: nextId(), kind: "notice", text } as const].slice(-MOST) });
  },

  dismiss(id) {
    set({ messages: get().messages.filter((one) => one.id !== id) });
  },
}));

/** The failures alone, for the count in the status bar. */
export function failuresOf(messages: Message[]): FailureMessage[] {
  return messages.filter((one) => one.kind === "failure");
}

/** A failure as text for a report to somebody else. */
export function failureText(failure: Failure): string {
  return `${failure.code} ${failure.title}\n${failure.detail}\n${failure.hint}`;
}

function same(a: Failure, b: Failure): boolean {
  return a.code === b.code && a.title === b.title && a.detail === b.detail;
}

function nextId(): number {
  last += 1;
  return last;
}
