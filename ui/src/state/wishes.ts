/**
 * What was asked of a monitor and is not yet in what the program says: marks and speeds hold on
 * the page at once, so that a key struck right behind another one builds on it. Pure.
 */
import type { LiveState, MonitorView, Transport } from "../backend/generated";

/** A move that was asked for. */
export interface Wish {
  readonly move: Transport;
  /** What was loaded then; the wish says nothing about anything else. */
  readonly generation: number;
  /** The program has answered, but what it said did not show the speed yet. */
  readonly answered: boolean;
}

/** The monitor after a move, as the program will show it. */
export function moved(view: MonitorView, move: Transport): MonitorView {
  const speed = speedOf(move);
  if (speed) {
    const live = liveAfter(view.live, move);
    return hasSpeed(view, speed) && live === view.live ? view : { ...view, ...speed, live };
  }
  if (move.kind === "markIn") {
    const markIn = move.frame === null ? null : Math.min(move.frame, Math.max(0, view.frames - 1));
    return { ...view, markIn, markOut: inOrder(markIn, view.markOut) ? view.markOut : null };
  }
  if (move.kind === "markOut") {
    const end = Math.max(1, view.frames);
    const markOut = move.frame === null ? null : Math.min(Math.max(1, move.frame), end);
    return { ...view, markIn: inOrder(view.markIn, markOut) ? view.markIn : null, markOut };
  }
  return view;
}

/** What the program said, with what was asked for since. */
export function withWishes(told: MonitorView, wishes: readonly Wish[]): MonitorView {
  return wishes
    .filter(({ generation }) => generation === told.generation)
    .reduce((view, { move }) => moved(view, move), told);
}

/** One more wish; of the speeds only the last one counts. */
export function wishing(wishes: readonly Wish[], wish: Wish): readonly Wish[] {
  const rest = speedOf(wish.move) === null ? wishes : wishes.filter(isMark);
  return [...rest, wish];
}

/** What is left after the program told something new by itself. */
export function afterNews(wishes: readonly Wish[], told: MonitorView): readonly Wish[] {
  return wishes.filter(({ answered, generation }) => !answered && generation === told.generation);
}

/**
 * What is left after the answer to a wish. The program begins to play a little after it answered:
 * a speed that the newest word does not show yet is held until it tells more.
 */
export function afterAnswer(
  wishes: readonly Wish[],
  wish: Wish,
  newest: MonitorView | null,
): readonly Wish[] {
  const speed = speedOf(wish.move);
  const held =
    speed !== null &&
    newest?.state === "ready" &&
    newest.generation === wish.generation &&
    !hasSpeed(newest, speed);
  if (!held) return wishes.filter((one) => one !== wish);
  return wishes.map((one) => (one === wish ? { ...wish, answered: true } : one));
}

/** How fast a monitor plays, and whether it does so again and again. */
type Speed = Pick<MonitorView, "rate" | "repeats">;

/** The speed that a move leads to; `null` when it is about a mark. */
function speedOf(move: Transport): Speed | null {
  switch (move.kind) {
    case "play":
      return { rate: move.rate, repeats: false };
    case "live":
      return { rate: 1, repeats: false };
    case "playBetween":
      return { rate: 1, repeats: move.repeat };
    case "markIn":
    case "markOut":
      return null;
    default:
      return { rate: 0, repeats: false };
  }
}

/** Whether the end of what grows is followed after a move that is about no mark. */
function liveAfter(live: LiveState, { kind }: Transport): LiveState {
  if (live === "still") return live;
  return kind === "live" ? "following" : "growing";
}

function hasSpeed(view: Speed, { rate, repeats }: Speed): boolean {
  return view.rate === rate && view.repeats === repeats;
}

function isMark({ move }: Wish): boolean {
  return speedOf(move) === null;
}

function inOrder(markIn: number | null, markOut: number | null): boolean {
  return markIn === null || markOut === null || markIn < markOut;
}
