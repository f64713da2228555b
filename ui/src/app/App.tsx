/** The window: starts the stores, shows what they know, and holds everything above the panels. */
import { useEffect, useState } from "react";
import { focusPanel } from "../keymap/deeds";
import { listenForKeys } from "../keymap/listen";
import { VerificationDialog } from "../panels/plan/VerificationDialog";
import { ProjectsDialog } from "../panels/projects/ProjectsDialog";
import { useDesk } from "../state/desk";
import { saveLayout, useView } from "../state/view";
import "./app.css";
import { AppBar } from "./AppBar";
import { begin } from "./begin";
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

  useEffect(() => begin(attempt, arrangeAsBefore), [attempt]);
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

/** Shows the layout as it was, and saves what becomes of it; answers how to stop. */
function arrangeAsBefore(): () => void {
  const { layout, lesson, source } = useDesk.getState();
  if (source.state === "empty") focusPanel("browser");
  useView.getState().restore(layout);
  if (lesson && layout === null) useView.getState().setSide("lesson");
  return saveLayout();
}
