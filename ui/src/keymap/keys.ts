/** Key strokes as text: `J`, `Shift+ArrowLeft`, `Ctrl+Enter`. Ctrl is Command on a Mac. */

/** What of a keyboard event counts. */
export interface Stroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

const NAMES: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Enter: "↵",
  Escape: "Esc",
  Delete: "Del",
  " ": "Space",
};

/** The stroke as text, in one spelling. Shift is not said of signs that need it, as `?`. */
export function strokeText(stroke: Stroke): string {
  const sign = stroke.key.length === 1 && stroke.key !== " ";
  const letter = sign && stroke.key.toLowerCase() !== stroke.key.toUpperCase();
  const parts: string[] = [];
  if (stroke.ctrlKey || stroke.metaKey) parts.push("Ctrl");
  if (stroke.altKey) parts.push("Alt");
  if (stroke.shiftKey && (!sign || letter)) parts.push("Shift");
  parts.push(letter ? stroke.key.toUpperCase() : stroke.key === " " ? "Space" : stroke.key);
  return parts.join("+");
}

/** The caps to draw for a key: `Ctrl+Enter` is `Ctrl`, `↵`. */
export function keyCaps(key: string): string[] {
  const parts = key === "+" ? ["+"] : key.split("+");
  return parts.map((part) => NAMES[part] ?? part);
}

/** A key in words, for a tooltip or a screen reader: `Ctrl+↵`. */
export function keyWords(key: string): string {
  return keyCaps(key).join("+");
}
