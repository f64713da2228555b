/** Before the workspace is read: the shape of the main window, a word, then a way out. */
import { useEffect, useState } from "react";
import { Button, Chip } from "../design";
import { useDesk } from "../state/desk";
import { useView } from "../state/view";

/** A word comes when it takes this long, a way out when it takes that long. */
const WORD_MS = 400;
const WAY_OUT_MS = 5_000;

export interface StartingProps {
  /** Starts anew. */
  again(): void;
  attempt: number;
}

export function Starting({ again, attempt }: StartingProps) {
  const failure = useDesk((s) => s.startFailure);
  const alone = useView((s) => s.alone !== null);
  const waited = useWaited(attempt);

  if (failure) {
    return (
      <main className="starting" role="alert" aria-label="The workspace could not be opened">
        <div className="starting-card card" data-testid="start-failure">
          <div className="row g8">
            <strong className="f15 b6 grow">{failure.title}</strong>
            <Chip tone="error">
              <span className="mono">{failure.code}</span>
            </Chip>
          </div>
          <p className="t2 selectable">{failure.detail}</p>
          <p className="t2 selectable">{failure.hint}</p>
          <div>
            <Button kind="pri" onClick={again}>
              Try again
            </Button>
          </div>
        </div>
      </main>
    );
  }

  return (
    <main
      className={alone ? "starting" : "starting shape"}
      aria-busy="true"
      aria-label="Opening the workspace"
      data-testid="starting"
    >
      {!alone && <Shape />}
      <div className="starting-word" role="status">
        {waited >= WORD_MS && <p>Opening the workspace</p>}
        {waited >= WAY_OUT_MS && (
          <>
            <p className="t2">It takes longer than usual. Another program may hold its files.</p>
            <Button onClick={again}>Try again</Button>
          </>
        )}
      </div>
    </main>
  );
}

/** Where the panels of the main window will be. */
function Shape() {
  return (
    <>
      <div className="shape-bar" />
      <div className="shape-upper">
        <i />
        <i />
        <i />
        <i />
      </div>
      <div className="shape-lower" />
    </>
  );
}

/** How long an attempt has lasted, in the two steps that matter. */
function useWaited(attempt: number): number {
  const [waited, setWaited] = useState({ attempt, ms: 0 });
  useEffect(() => {
    const timers = [WORD_MS, WAY_OUT_MS].map((ms) =>
      setTimeout(() => setWaited({ attempt, ms }), ms),
    );
    return () => timers.forEach(clearTimeout);
  }, [attempt]);
  return waited.attempt === attempt ? waited.ms : 0;
}
