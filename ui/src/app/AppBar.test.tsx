// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, vi } from "vitest";
import { use } from "../backend/backend";
import { FakeBackend } from "../backend/fake/backend";
import { useDesk } from "../state/desk";
import { useView } from "../state/view";
import { AppBar } from "./AppBar";

it("leaves the first button to the panel that has its own, and leads to the projects", async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  const fake = new FakeBackend("edit");
  use(fake);
  await useDesk.getState().start(fake);
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  await act(async () =>
    root.render(
      <MantineProvider>
        <AppBar />
      </MantineProvider>,
    ),
  );
  const isFirst = () =>
    document.querySelector("[data-testid=open-compile]")?.classList.contains("pri");
  expect(isFirst()).toBe(true);
  for (const view of ["sheets", "metrics"] as const) {
    act(() => useView.getState().setView(view));
    expect(isFirst()).toBe(false);
  }
  act(() => useView.setState({ view: "edit", compileOpen: true }));
  expect(isFirst()).toBe(false);
  const name = document.querySelector<HTMLElement>("[data-testid=projects]");
  expect(name?.textContent).toBe("Open-air weekend");
  act(() => name?.click());
  expect(useView.getState().projectsOpen).toBe("list");
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
});
