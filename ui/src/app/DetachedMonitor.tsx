/** The page of a monitor's own window: that monitor, and nothing that changes what is cut. */
import { useEffect, useLayoutEffect, useState } from "react";
import type { MonitorName } from "../backend/generated";
import { listenForKeys } from "../keymap/listen";
import { MonitorPanel } from "../panels/monitor/MonitorPanel";
import { useDesk } from "../state/desk";
import { useView } from "../state/view";
import "./app.css";
import { begin } from "./begin";
import { MessageHost } from "./MessageHost";
import { Starting } from "./Starting";
import { Themed } from "./Themed";

/** The monitor that an address asks for: `#monitor=source`. */
export function monitorOf(hash: string): MonitorName | null {
  const name = new URLSearchParams(hash.replace(/^#/, "")).get("monitor");
  return name === "source" || name === "record" ? name : null;
}

export function DetachedMonitor({ monitor }: { monitor: MonitorName }) {
  const [attempt, setAttempt] = useState(0);
  const ready = useDesk((s) => s.ready);
  const title = useDesk((s) => s[monitor].title);

  // Before anything is drawn or struck: the keys of the main window never count here.
  useLayoutEffect(() => useView.getState().setAlone(monitor), [monitor]);
  useEffect(() => begin(attempt, arrangeAsThere), [attempt]);
  useEffect(() => listenForKeys(), []);
  useEffect(() => {
    const name = monitor === "source" ? "Source" : "Record";
    document.title = title === "" ? `${name} — Stringout` : `${title} — ${name}`;
  }, [monitor, title]);

  return (
    <Themed>
      <div className="app alone" data-testid="app">
        {ready ? (
          <main className="cell" aria-label="Monitor">
            <MonitorPanel monitor={monitor} />
          </main>
        ) : (
          <Starting again={() => setAttempt((n) => n + 1)} attempt={attempt} />
        )}
        <MessageHost />
      </div>
    </Themed>
  );
}

/** How the main window shows it, is how it begins here; what is changed here is not kept. */
function arrangeAsThere(): undefined {
  useView.getState().restore(useDesk.getState().layout);
  useView.getState().setView("edit");
}
