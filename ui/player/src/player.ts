/**
 * What the page shows and what it reports, as one pure state machine.
 *
 * Signals come from the network, the viewer and the video element; the page draws `phase`, and the
 * reporter sends `sta` whenever it changes (CTA-5004-B, "State": s starting, p playing, k seeking,
 * r rebuffering, a paused, e ended, f fatal, q quit, d preloading).
 */

/** What the viewer sees. */
export type Phase =
  | "opening"
  | "poster"
  | "loading"
  | "playing"
  | "paused"
  | "ended"
  | "expired"
  | "revoked"
  | "notfound"
  | "offline"
  | "unsupported"
  | "failed";

/** CMCD player state. */
export type Sta = "d" | "s" | "p" | "k" | "r" | "a" | "e" | "f" | "q";

/** How the server answered when the link was opened. */
export type LinkState = "live" | "expired" | "revoked" | "notfound" | "failed";

export interface Player {
  readonly phase: Phase;
  /** `undefined` until there is a video to report about. */
  readonly sta: Sta | undefined;
  /** The picture has moved at least once: the player is on screen and stays there. */
  readonly started: boolean;
  /** The viewer wants it to play. */
  readonly wanted: boolean;
}

export type Signal =
  /** The server answered. */
  | { readonly type: "opened"; readonly link: LinkState }
  /** The server could not be reached. */
  | { readonly type: "offline" }
  /** The server or the media failed, and trying again may help. */
  | { readonly type: "failed" }
  /** This browser can't play the video. */
  | { readonly type: "unsupported" }
  /** The viewer asks for another try. */
  | { readonly type: "retry" }
  /** The viewer asks to play. */
  | { readonly type: "play" }
  /** The browser did not let the video play by itself. */
  | { readonly type: "refused" }
  /** Pictures move. */
  | { readonly type: "playing" }
  /** The video ran out of data. */
  | { readonly type: "waiting" }
  /** The playhead is moved. */
  | { readonly type: "seeking" }
  /** The playhead has arrived while paused. */
  | { readonly type: "seeked" }
  | { readonly type: "paused" }
  | { readonly type: "ended" }
  /** The page is left. */
  | { readonly type: "left" }
  /** The page came back from the browser's cache, with its video paused. */
  | { readonly type: "returned" };

export const OPENING: Player = {
  phase: "opening",
  sta: undefined,
  started: false,
  wanted: false,
};

/** Phases with a video behind them. */
const WATCHING: ReadonlySet<Phase> = new Set(["poster", "loading", "playing", "paused", "ended"]);

/** Whether there is a video to control in this phase. */
export function isWatching(phase: Phase): boolean {
  return WATCHING.has(phase);
}

/** The next state; the same object when the signal means nothing in this state. */
export function next(player: Player, signal: Signal): Player {
  switch (signal.type) {
    case "opened":
      return opened(player, signal.link);
    case "offline":
    case "failed":
    case "unsupported":
      return stopped(player, signal.type);
    case "retry":
      return isWatching(player.phase) ? player : change(player, { phase: "opening" });
    case "play":
      return asked(player);
    default:
      return isWatching(player.phase) ? watched(player, signal.type) : player;
  }
}

function opened(player: Player, link: LinkState): Player {
  if (link !== "live") {
    return { ...player, phase: link, sta: undefined, wanted: false };
  }
  if (player.started) {
    return change(player, { phase: player.wanted ? "loading" : "paused", sta: "r" });
  }
  return player.wanted
    ? change(player, { phase: "loading", sta: "s" })
    : change(player, { phase: "poster", sta: "d" });
}

function stopped(player: Player, phase: "offline" | "failed" | "unsupported"): Player {
  return change(player, { phase, sta: player.sta === undefined ? undefined : "f" });
}

function watched(player: Player, signal: Signal["type"]): Player {
  switch (signal) {
    case "refused":
      return player.started
        ? change(player, { phase: "paused", sta: "a", wanted: false })
        : change(player, { phase: "poster", sta: "d", wanted: false });
    case "playing":
      return change(player, { phase: "playing", sta: "p", started: true, wanted: true });
    case "waiting":
      return player.phase === "playing" ? change(player, { phase: "loading", sta: "r" }) : player;
    case "seeking":
      return sought(player);
    case "seeked":
      return player.sta === "k" && !player.wanted ? change(player, { sta: "a" }) : player;
    case "paused":
      return player.started && player.phase !== "ended"
        ? change(player, { phase: "paused", sta: "a", wanted: false })
        : player;
    case "ended":
      return change(player, { phase: "ended", sta: "e", wanted: false });
    case "left":
      return change(player, { sta: "q" });
    case "returned":
      return returned(player);
    default:
      return player;
  }
}

function asked(player: Player): Player {
  if (player.phase === "opening") {
    return change(player, { wanted: true });
  }
  if (player.phase !== "poster" && player.phase !== "paused" && player.phase !== "ended") {
    return player;
  }
  const sta = player.started ? player.sta : "s";
  return change(player, { phase: "loading", sta, wanted: true });
}

function sought(player: Player): Player {
  if (!player.started) {
    return player;
  }
  if (player.phase === "ended") {
    return change(player, { phase: "paused", sta: "k" });
  }
  return change(player, { phase: player.wanted ? "loading" : player.phase, sta: "k" });
}

function returned(player: Player): Player {
  if (!player.started) {
    return change(player, { phase: "poster", sta: "d", wanted: false });
  }
  return player.phase === "ended"
    ? change(player, { sta: "e" })
    : change(player, { phase: "paused", sta: "a", wanted: false });
}

function change(player: Player, to: Partial<Player>): Player {
  const changed = { ...player, ...to };
  const same =
    changed.phase === player.phase &&
    changed.sta === player.sta &&
    changed.started === player.started &&
    changed.wanted === player.wanted;
  return same ? player : changed;
}
