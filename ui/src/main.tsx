/** Starts the window's page: chooses the backend, then draws. */
import "@mantine/core/styles.layer.css";
import "@mantine/core/styles/default-css-variables.layer.css";
import "./design/tokens.css";
import "./design/fonts.css";
import "./design/base.css";
import "./design/mantine.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { use } from "./backend/backend";
import { chooseBackend } from "./backend/choose";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");

use(await chooseBackend());
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
