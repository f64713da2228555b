/** Keys to actions. A text field keeps its keys; a control reached by Tab keeps Space and Enter. */
import { useView } from "../state/view";
import { ACTIONS, type Action, type ActionId } from "./actions";
import { holdsK, meantStroke } from "./held";
import { type Stroke, strokeText } from "./keys";

/** Where a key was struck. */
export interface Place {
  /** A text field, a list of choices, a slider: something that has its own use for keys. */
  typing: boolean;
  /** A button or link that was reached with the keyboard. */
  control: boolean;
  /** A dialog is open. */
  dialog: boolean;
}

/** Strokes that work even while typing. */
const EVERYWHERE = new Set(["Escape", "F5", "F6", "Shift+F6", "Ctrl+K", "Ctrl+O", "Ctrl+Enter"]);

/** The action for a stroke, or none. Pure but for what the actions themselves look at. */
export function actionFor(stroke: string, place: Place, actions = ACTIONS): Action | null {
  if (place.dialog && stroke !== "Escape") return null;
  if (place.typing && !EVERYWHERE.has(stroke)) return null;
  if (place.control && (stroke === "Space" || stroke === "Enter")) return null;
  const { alone, focus } = useView.getState();
  const found = actions.find(
    (one) =>
      one.keys.includes(stroke) &&
      (!one.focus || one.focus.includes(focus)) &&
      (alone === null || movesMonitor(one)),
  );
  return found?.when() ? found : null;
}

const SEEN = new Set<ActionId>([
  "monitor.fill",
  "monitor.screen",
  "monitor.window",
  "monitor.time",
  "escape",
]);

/** A window of a monitor does what moves that monitor or changes how it is seen, and nothing else. */
function movesMonitor({ id, group }: Action): boolean {
  if (group === "Play") return true;
  return (
    SEEN.has(id) || id.startsWith("overlay.") || (group === "Mark" && !id.startsWith("marker."))
  );
}

/** A key that was struck; the page's events and those of its parts are such. */
export interface Strike extends Stroke {
  /** The key is being held. */
  repeat: boolean;
  preventDefault(): void;
}

/** K is held down. */
let kHeld = false;

/** Does what a key means. While it is held, only what is meant to be done again and again. */
export function strike(event: Strike, place: Place): void {
  const stroke = strokeText(event);
  const found = actionFor(meantStroke(kHeld, stroke), place);
  kHeld = holdsK(kHeld, { kind: "struck", stroke, taken: found !== null });
  if (!found) return;
  event.preventDefault();
  if (!event.repeat || found.repeats) found.run();
}

/** Listens for keys on the whole page until the function that it answers is called. */
export function listenForKeys(): () => void {
  let byPointer = false;
  const onPointer = () => {
    byPointer = true;
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Tab") byPointer = false;
    if (event.defaultPrevented || event.isComposing) return;
    strike(event, placeOf(event.target, byPointer));
  };
  const onKeyUp = ({ key }: KeyboardEvent) => {
    kHeld = holdsK(kHeld, { kind: "released", key });
  };
  const onLeave = () => {
    kHeld = holdsK(kHeld, { kind: "left" });
  };
  window.addEventListener("pointerdown", onPointer, true);
  window.addEventListener("keydown", onKey);
  window.addEventListener("keyup", onKeyUp, true);
  window.addEventListener("blur", onLeave);
  return () => {
    window.removeEventListener("pointerdown", onPointer, true);
    window.removeEventListener("keydown", onKey);
    window.removeEventListener("keyup", onKeyUp, true);
    window.removeEventListener("blur", onLeave);
    onLeave();
  };
}

const TYPING =
  "textarea, select, [contenteditable=true], [role=slider], [role=separator], [role=listbox], [role=menu]";
const NO_TEXT = new Set(["button", "checkbox", "radio", "range", "submit", "reset", "file"]);

function placeOf(target: EventTarget | null, byPointer: boolean): Place {
  // A dialog that was just asked for has the keys before it is drawn.
  const { paletteOpen, keysOpen, verificationOpen, projectsOpen } = useView.getState();
  const dialog =
    paletteOpen ||
    keysOpen ||
    verificationOpen ||
    projectsOpen !== null ||
    document.querySelector("[role=dialog][aria-modal=true]") !== null;
  if (!(target instanceof Element)) return { typing: false, control: false, dialog };
  const typing =
    target instanceof HTMLInputElement
      ? !NO_TEXT.has(target.type) || target.type === "range"
      : target.closest(TYPING) !== null;
  const control =
    !byPointer &&
    target.closest("button, a[href], summary, input, [role=button], [role=tab], [role=option]") !==
      null;
  return { typing, control, dialog };
}
