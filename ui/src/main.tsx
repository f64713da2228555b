/** Starts the window's page: chooses the backend, then draws. */
import "./design/mantineParts";
import "./design/tokens.css";
import "./design/fonts.css";
import "./design/base.css";
import "./design/controls.css";
import "./design/surfaces.css";
import "./design/mantine.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { DetachedMonitor, monitorOf } from "./app/DetachedMonitor";
import { use } from "./backend/backend";
import { chooseBackend } from "./backend/choose";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");

use(await chooseBackend());
const monitor = monitorOf(window.location.hash);
createRoot(root).render(
  <StrictMode>{monitor === null ? <App /> : <DetachedMonitor monitor={monitor} />}</StrictMode>,
);
