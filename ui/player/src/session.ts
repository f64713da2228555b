/** Opens a link at the server: what it leads to, and for how long. */

import type { LinkState } from "./player";

/** What the page may show of a link, live or not. The server puts it into the page as well. */
export interface Card {
  readonly state: LinkState;
  /** Where a session of this link is opened; empty when there is nothing to open. */
  readonly open: string;
  readonly compilation_id: string | null;
  readonly title: string;
  readonly description: string;
  readonly poster: string | null;
  readonly duration_ms: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly sound: boolean;
  /** The printed code in groups of four, when the link is a printed one. */
  readonly code: string | null;
  /** Last day of an ended run, RFC 3339. */
  readonly expires: string | null;
  readonly publisher: Publisher;
}

export interface Publisher {
  readonly name: string;
  readonly home: string | null;
  readonly contact: string | null;
}

export interface Source {
  readonly type: string;
  readonly url: string;
}

export interface Captions {
  readonly lang: string;
  readonly label: string;
  readonly url: string;
}

/** A live session. */
export interface Session extends Card {
  readonly session: string;
  /** The addresses of the media end this many seconds after the last report. */
  readonly lease_s: number;
  readonly sources: readonly Source[];
  readonly captions: readonly Captions[];
  readonly placement: string | null;
  readonly cmcd: {
    readonly url: string;
    /** Seconds between two reports while playing. */
    readonly interval: number;
    /** Of our own keys. */
    readonly prefix: string;
  };
}

/** The server was reached but did not answer as it should. */
export class SessionError extends Error {}

/** Whether the answer leads to a video. */
export function isSession(answer: Card | Session): answer is Session {
  return answer.state === "live" && "sources" in answer;
}

/** Opens a session. Rejects with `TypeError` without a network, `SessionError` when it failed. */
export async function openSession(url: string, sid: string): Promise<Card | Session> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sid }),
    cache: "no-store",
  });
  if (![200, 404, 410].includes(answer.status)) {
    throw new SessionError(`the server answered ${answer.status}`);
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (typeof body !== "object" || body === null || !("state" in body)) {
    throw new SessionError("the server's answer can't be read");
  }
  return body as Card | Session;
}

/** A session id from `random` bytes: a version 4 UUID. A plain http page has no `randomUUID`. */
export function sessionId(random: Uint8Array): string {
  const bytes = Uint8Array.from(random.slice(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20, 32].map((end, i, ends) => hex.slice(ends[i - 1] ?? 0, end)).join("-");
}
