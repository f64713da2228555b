/** The step of the first cut that happens in the source monitor. */

import { Key } from "../../design";
import { action } from "../../keymap/actions";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";

export function LessonHint() {
  const isNext = useDesk((s) => s.lesson?.opened === true && !s.lesson.marked);
  // The lesson goes on in the main window.
  const alone = useView((s) => s.alone !== null);
  if (!isNext || alone) return null;
  return (
    <div className="mon-lesson" data-testid="lesson-hint">
      <span className="mon-lesson-step" aria-hidden="true">
        2
      </span>
      <div>
        <p className="f13 b6">Mark the part you want</p>
        <p className="mon-lesson-keys">
          Play with <ActionKey id="play.on" />, stop with <ActionKey id="play.stop" />, then{" "}
          <ActionKey id="mark.in" /> for in and <ActionKey id="mark.out" /> for out.
        </p>
      </div>
    </div>
  );
}

function ActionKey({ id }: { id: Parameters<typeof action>[0] }) {
  return <Key of={action(id).keys[0] ?? ""} />;
}
