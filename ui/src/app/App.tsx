/** The window: starts the stores, shows what they know, and holds everything above the panels. */
import { useEffect, useState } from "react";
import { backend } from "../backend/backend";
import { focusPanel } from "../keymap/deeds";
import { listenForKeys } from "../keymap/listen";
import { VerificationDialog } from "../panels/plan/VerificationDialog";
import { ProjectsDialog } from "../panels/projects/ProjectsDialog";
import { useDesk } from "../state/desk";
import { saveLayout, useView } from "../state/view";
import "./app.css";
import { AppBar } from "./AppBar";
import { CommandPalette } from "./CommandPalette";
import { DropOverlay } from "./DropOverlay";
import { KeyHelp } from "./KeyHelp";
import { MessageHost } from "./MessageHost";
import { Starting } from "./Starting";
import { StatusBar } from "./StatusBar";
import { Themed } from "./Themed";
import { Views } from "./Views";

export function App() {
  const [attempt, setAttempt] = useState(0);
  const ready = useDesk((s) => s.ready);
  const filled = useView((s) => s.filled !== null);

  useEffect(() => start(attempt), [attempt]);
  useEffect(() => listenForKeys(), []);

  return (
    <Themed>
      <div className={filled ? "app filled" : "app"} data-testid="app">
        {ready ? (
          <>
            <AppBar />
            <Views />
            <StatusBar />
            <DropOverlay />
            <CommandPalette />
            <KeyHelp />
            <VerificationDialog />
            <ProjectsDialog />
          </>
        ) : (
          <Starting again={() => setAttempt((n) => n + 1)} attempt={attempt} />
        )}
        <MessageHost />
      </div>
    </Themed>
  );
}

/** Loads everything and begins to save the layout; answers how to stop. The attempt's number
 * only makes a new attempt a new start. */
function start(_attempt: number): () => void {
  let stopped = false;
  let stops: (() => void)[] = [];
  const stopAll = () => {
    for (const stop of stops) stop();
    stops = [];
  };
  void useDesk
    .getState()
    .start(backend())
    .then((stop) => {
      stops.push(stop);
      if (stopped) return stopAll();
      const { ready, layout, lesson, source } = useDesk.getState();
      if (!ready) return undefined;
      if (source.state === "empty") focusPanel("browser");
      useView.getState().restore(layout);
      if (lesson && layout === null) useView.getState().setSide("lesson");
      stops.push(saveLayout());
      return undefined;
    });
  return () => {
    stopped = true;
    stopAll();
  };
}
