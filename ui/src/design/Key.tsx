/** Key caps, as printed beside an action. */
import { keyCaps } from "../keymap/keys";

export interface KeyProps {
  /** As `strokeText` writes it: `Ctrl+Enter`. */
  of: string;
  small?: boolean;
}

export function Key({ of, small = true }: KeyProps) {
  return (
    <span className="keys">
      {keyCaps(of).map((cap) => (
        <kbd key={cap} className={small ? "key sm" : "key"}>
          {cap}
        </kbd>
      ))}
    </span>
  );
}
