/** Every state of the window: it is drawn, breaks no rule of the policy and hides from nobody. */
import { describe, expect, it } from "vitest";
import type { Scenario } from "../src/backend/fake/scenario";
import { axeFaults, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

async function hasNoFaults(opened: Awaited<ReturnType<typeof open>>): Promise<void> {
  expect(await axeFaults(opened.page)).toEqual([]);
  expect(opened.complaints).toEqual([]);
}

const READY: Scenario[] = [
  "first-run",
  "edit",
  "empty",
  "offline",
  "error",
  "slow",
  "many",
  "remotes",
  "previews",
];

describe.each(READY)("%s", (scenario) => {
  it("is drawn without faults", async () => {
    const opened = await open(scenario);
    const { page } = opened;
    for (const name of ["panel-browser", "monitor-source", "monitor-record", "timeline"]) {
      await id(page, name).waitFor();
    }
    if (scenario !== "first-run" && scenario !== "empty") {
      await eventually(async () => expect(await readOut(page, "source")).toBe(1_456));
    }
    await page.waitForTimeout(600);
    await shoot(page, scenario);
    await hasNoFaults(opened);
  });

  it("is drawn in light without faults", async () => {
    const opened = await open(scenario);
    await opened.page.getByTestId("side-menu").click();
    await opened.page.getByTestId("theme").click();
    await opened.page.waitForTimeout(600);
    await shoot(opened.page, `${scenario}-light`);
    await hasNoFaults(opened);
  });
});

it("tells that it is loading, then offers a way out", async () => {
  const opened = await open("loading");
  await id(opened.page, "starting").waitFor();
  await opened.page.getByText("Opening the workspace").waitFor();
  await opened.page.getByRole("button", { name: "Try again" }).waitFor();
  await shoot(opened.page, "loading");
  await hasNoFaults(opened);
});

it("says that it is offline, since when, and what waits", async () => {
  const { page } = await open("offline");
  await expect(id(page, "statusbar").textContent()).resolves.toMatch(/Offline since \d\d:\d\d/);
  await page.getByRole("button", { name: /Offline, working from the cache/ }).click();
  await id(page, "outbox-item").first().waitFor();
  expect(await id(page, "outbox-item").count()).toBe(5);
  await shoot(page, "offline-outbox");
  expect(await axeFaults(page)).toEqual([]);
});

it("keeps a failure with code, cause and next step until it is put away", async () => {
  const { page } = await open("error");
  await page.keyboard.press("Control+Enter");
  await id(page, "panel-plan").waitFor();
  await page.keyboard.press("Control+Enter");
  await page.getByText("SO-MEDIA-014").first().waitFor();
  await page
    .getByText(/Segment 9f3c8a21-0019.ts/)
    .first()
    .waitFor();
  await page
    .getByText(/Trim the clip to end before it/)
    .first()
    .waitFor();
  await shoot(page, "error-compile");
  expect(await axeFaults(page)).toEqual([]);
});

describe.each(["sheets", "metrics"] as const)("the view %s", (view) => {
  it("is drawn without faults", async () => {
    const opened = await open("edit");
    await opened.page.getByTestId(`show-${view}`).click();
    await opened.page.waitForTimeout(600);
    await shoot(opened.page, view);
    await hasNoFaults(opened);
  });
});
