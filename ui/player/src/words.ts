/** Every sentence of the page, and how times and dates are written. */

import type { Phase } from "./player";
import type { Card } from "./session";

export const WORDS = {
  play: (title: string) => `Play ${title} with sound`,
  playSilent: (title: string) => `Play ${title}`,
  resume: (at: string) => `Goes on at ${at}`,
  fromStart: "From the start",
  withSound: "with sound",
  withoutSound: "no sound",
  captions: "Captions",
  playButton: "Play",
  pauseButton: "Pause",
  replayButton: "Play again",
  back: "Back 10 seconds",
  forward: "On 10 seconds",
  mute: "Turn sound off",
  unmute: "Turn sound on",
  captionsOn: "Turn captions on",
  captionsOff: "Turn captions off",
  fullscreen: "Full screen",
  leaveFullscreen: "Leave full screen",
  position: "Position",
  of: (at: string, duration: string) => `${at} of ${duration}`,
  loading: "Loading",
  loadingOffline: "Waiting for the network",
  loadingSlow: "Still loading. Tap to try again.",
  counted: "Plays are counted without your name or address.",
  countedLess:
    "Your browser asks not to be tracked: only that the video was opened and played is counted.",
  whatIsCounted: "What is counted",
  close: "Close",
  nothingStored: "Nothing about this visit was stored.",
} as const;

/** What the page says instead of a video. */
export interface Notice {
  readonly icon: "clock" | "withdrawn" | "search" | "network" | "alert";
  readonly title: string;
  readonly text: string;
  /** Label of the button that tries again; absent where trying again can't help. */
  readonly retry?: string;
}

/** The notice of a phase; `undefined` when the phase shows a video. */
export function notice(phase: Phase, card: Card): Notice | undefined {
  const { name } = card.publisher;
  switch (phase) {
    case "expired":
      return {
        icon: "clock",
        title: "This video has ended its run",
        text: `${card.title || "It"} could be watched until ${day(card.expires)}. The code you scanned is real, and nothing is wrong with your phone.`,
      };
    case "revoked":
      return {
        icon: "withdrawn",
        title: "This code was taken back",
        text: `${name} withdrew it after it was printed. Nothing is wrong with your phone, and the code leads nowhere else.`,
      };
    case "notfound":
      return {
        icon: "search",
        title: "There is no video here",
        text: "The address is not complete, or it has a typing error. A printed code has 12 characters and never the digits 0 and 1 or the letters I, L, O and U.",
      };
    case "offline":
      return {
        icon: "network",
        title: "You are offline",
        text: "The video starts here as soon as your phone has a network again.",
        retry: "Try again",
      };
    case "unsupported":
      return {
        icon: "alert",
        title: "This browser can’t play the video",
        text: "Open this page in another browser: a current Safari, Chrome, Edge or Firefox plays it.",
        retry: "Try it anyway",
      };
    case "failed":
      return {
        icon: "alert",
        title: "The video did not load",
        text: "The link is fine, but the video’s server did not answer as it should. It may work again in a moment.",
        retry: "Try again",
      };
    default:
      return undefined;
  }
}

/** A date in the page's language: "31 January 2027". */
function day(rfc3339: string | null): string {
  const date = rfc3339 === null ? undefined : new Date(rfc3339);
  if (!date || Number.isNaN(date.getTime())) {
    return "its last day";
  }
  const words = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" }).format(date);
  return words.replaceAll(" ", "\u00a0");
}

/** A position for a clock face: "0:54", "1:02:03". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const pad = (part: number) => String(part).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A duration in words: "1 min 48 s", "2 h 5 min". */
export function duration(ms: number): string {
  const whole = Math.max(1, Math.round(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole >= 3600 ? 0 : whole % 60, "s"],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
