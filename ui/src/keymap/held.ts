/** While K is held, J and L step by a single frame instead of playing. Pure. */

/** What happened to a key. */
export type KeyNews =
  /** It was struck; `taken` when an action followed, so that it was no letter of a text. */
  | { kind: "struck"; stroke: string; taken: boolean }
  | { kind: "released"; key: string }
  /** The window lost the keys: what is let go elsewhere is never told. */
  | { kind: "left" };

/** Whether K is held now. */
export function holdsK(before: boolean, news: KeyNews): boolean {
  switch (news.kind) {
    case "struck":
      return before || (news.stroke === "K" && news.taken);
    case "released":
      return before && news.key.toUpperCase() !== "K";
    case "left":
      return false;
  }
}

/** The stroke that is meant: `K+J` for a J that is struck while K is held. */
export function meantStroke(kHeld: boolean, stroke: string): string {
  return kHeld && (stroke === "J" || stroke === "L") ? `K+${stroke}` : stroke;
}
