/** Projects and their versions, with the keys alone; and another flow for a clip. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axeFaults, eventually, id, inBrowser, shoot } from "./stage";

const open = inBrowser();

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute("data-testid"));

async function hasFocus(page: Page, testId: string): Promise<void> {
  await eventually(async () => expect(await focused(page)).toBe(testId));
}

const clipCount = (page: Page) => id(page, "clip-list").locator("li").count();

/** Opens the dialog and waits until the list has the keys. */
async function openList(page: Page): Promise<void> {
  await page.keyboard.press("Control+o");
  await hasFocus(page, "project");
}

/** Waits until the dialog is gone. The focus goes back a moment later, to what may have none itself. */
async function closed(page: Page): Promise<void> {
  await id(page, "projects-dialog").waitFor({ state: "detached" });
  await page.waitForTimeout(50);
}

async function isCalled(page: Page, name: string): Promise<void> {
  await eventually(async () => expect(await id(page, "projects").textContent()).toBe(name));
}

it("makes a project, goes back to the other and renames it, by keys", async () => {
  const { page, complaints } = await open("edit");
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await page.keyboard.press("Control+a");
  await openList(page);
  await page.waitForTimeout(150);
  await shoot(page, "projects");
  expect(await axeFaults(page)).toEqual([]);

  await page.keyboard.press("Escape");
  await closed(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("new project");
  await page.keyboard.press("Enter");
  await hasFocus(page, "project-name");
  // The palette gives the focus back a little later; it must not take it from here.
  await page.waitForTimeout(150);
  await page.keyboard.type("Autumn fair");
  await shoot(page, "projects-new");
  await page.keyboard.press("Enter");
  await closed(page);
  await id(page, "timeline-empty").waitFor();
  await isCalled(page, "Autumn fair");
  await page.getByText("Made Autumn fair").waitFor();

  await openList(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("F2");
  await hasFocus(page, "project-name");
  await page.keyboard.type("Weekend, open air");
  await page.keyboard.press("Enter");
  await hasFocus(page, "project");
  const renamed = id(page, "project-row").filter({ hasText: "Weekend, open air" });
  await eventually(async () => expect(await renamed.getAttribute("class")).toContain("on"));
  await page.keyboard.press("Enter");
  await closed(page);
  await isCalled(page, "Weekend, open air");
  await eventually(async () => expect(await clipCount(page)).toBe(4));
  expect(await page.locator('[data-testid="clip"].selected').count()).toBe(0);

  await openList(page);
  await page.keyboard.press("End");
  const last = id(page, "project-row").last();
  await eventually(async () => expect(await last.getAttribute("class")).toContain("on"));
  await page.keyboard.press("Delete");
  await hasFocus(page, "remove-not");
  await page.waitForTimeout(150);
  await shoot(page, "projects-remove");
  expect(await axeFaults(page)).toEqual([]);
  const rows = await id(page, "project-row").count();
  await page.keyboard.press("Escape");
  await hasFocus(page, "project");
  expect(await id(page, "project-row").count()).toBe(rows);
  await page.keyboard.press("Delete");
  await hasFocus(page, "remove-not");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await eventually(async () => expect(await id(page, "project-row").count()).toBe(rows - 1));
  await hasFocus(page, "project");
  await page.keyboard.press("Escape");
  await closed(page);
  expect(complaints).toEqual([]);
});

it("keeps a version, brings it back, and takes that back", async () => {
  const { page, complaints } = await open("edit");
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await openList(page);
  await id(page, "no-version").waitFor();
  await page.keyboard.press("Escape");
  await closed(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("keep a version");
  await page.keyboard.press("Enter");
  await hasFocus(page, "version-name");
  await page.waitForTimeout(150);
  await page.keyboard.type("Before the client's notes");
  await page.keyboard.press("Enter");
  await id(page, "version-row").waitFor();
  await page.keyboard.press("Enter");
  await eventually(async () => expect(await id(page, "version-row").count()).toBe(2));
  await hasFocus(page, "version-name");
  await shoot(page, "versions");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await closed(page);

  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await id(page, "timeline-empty").waitFor();

  await openList(page);
  await page.getByRole("button", { name: "Restore version 1" }).focus();
  await page.keyboard.press("Enter");
  await closed(page);
  await page.getByText("Version 1 is back; undo brings yours back").waitFor();
  await eventually(async () => expect(await clipCount(page)).toBe(4));
  await page.keyboard.press("Control+z");
  await id(page, "timeline-empty").waitFor();
  expect(complaints).toEqual([]);
});

it("finds one of many projects by its name, in the light theme", async () => {
  const { page, complaints } = await open("many");
  await id(page, "side-menu").click();
  await id(page, "theme").click();
  await id(page, "projects").click();
  await hasFocus(page, "projects-search");
  await page.waitForTimeout(150);
  await shoot(page, "projects-many-light");
  await page.keyboard.type("nothing like it");
  await id(page, "projects-none").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.type("week 17");
  await eventually(async () => expect(await id(page, "project-row").count()).toBe(1));
  await page.keyboard.press("ArrowDown");
  await hasFocus(page, "project");
  await shoot(page, "projects-found-light");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await closed(page);
  await isCalled(page, "Week 17");
  await id(page, "projects").click();
  await id(page, "project-export").click();
  await page.getByText("Exported to Week 17.stringout").waitFor();
  await id(page, "project-import").click();
  await closed(page);
  await isCalled(page, "Market day");
  await id(page, "timeline-empty").waitFor();
  expect(complaints).toEqual([]);
});

it("cuts a clip from what is in the source monitor", async () => {
  const { page, complaints } = await open("edit");
  await id(page, "clip")
    .nth(2)
    .click({ position: { x: 40, y: 8 } });
  const replace = id(page, "replace-media");
  await replace.waitFor();
  await shoot(page, "replace-media");
  expect(await axeFaults(page)).toEqual([]);
  await replace.click();
  await replace.waitFor({ state: "detached" });
  const words = id(page, "clip-list").locator("li").nth(2);
  await eventually(async () => expect(await words.textContent()).toContain("Forecourt"));
  await page.keyboard.press("Control+z");
  await eventually(async () => expect(await words.textContent()).toContain("Gallery"));
  expect(complaints).toEqual([]);
});
