/** Sources of several TAMS servers side by side: how each stands, what is found, what is fetched. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axeFaults, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

const groups = (page: Page) => id(page, "group-row");
const sources = (page: Page) => id(page, "source-row");
const badge = (page: Page, title: string) =>
  id(sources(page).filter({ hasText: title }), "availability").textContent();

/** The state of a job as its line in the panel says it. */
const jobState = (page: Page) => id(page, "job").first().getAttribute("data-state");

/** Brings a row of the browser into the page: only rows in view are there. */
async function scrollTo(page: Page, text: string): Promise<void> {
  const row = page.locator("[role=treeitem]", { hasText: text }).first();
  await eventually(async () => {
    if ((await row.count()) > 0) return;
    await page.locator(".source-tree").hover();
    await page.mouse.wheel(0, 120);
    expect(await row.count()).toBeGreaterThan(0);
  });
  await row.scrollIntoViewIfNeeded();
}

it("says of each server how it stands and keeps what was read of it", async () => {
  const { page, complaints } = await open("remotes");
  await eventually(async () => expect(await readOut(page, "source")).toBe(1_456));
  expect(await groups(page).first().textContent()).toContain("This machine");
  await scrollTo(page, "trial");
  const texts = await groups(page).allTextContents();
  expect(texts.find((text) => text.startsWith("studio"))).toMatch(/VAST TAMS 8\.0Online4 sources/);
  expect(texts.find((text) => text.startsWith("archive"))).toMatch(
    /Offline, as of yesterday 17:40/,
  );
  expect(texts.find((text) => text.startsWith("trial"))).toMatch(/Credentials refused/);
  await page.getByText("credentials_refused").waitFor();
  await page.getByText("Set its token anew").waitFor();
  await shoot(page, "remotes-below");
  expect(await axeFaults(page)).toEqual([]);
  await id(page, "side-menu").click();
  await id(page, "theme").click();
  await id(page, "theme").waitFor({ state: "detached" });
  await shoot(page, "remotes-below-light");
  expect(await axeFaults(page)).toEqual([]);
  expect(await badge(page, "Meadow · long version")).toBe("Not cached");
  expect(await badge(page, "Gallery · evening")).toBe("Cached");
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  const inspector = id(page, "panel-side");
  await eventually(async () => {
    await page.keyboard.press("Alt+ArrowRight");
    expect(await inspector.getByText("studio", { exact: true }).count()).toBe(1);
  });
  expect(await id(inspector, "availability").textContent()).toBe("64 %");
  expect(complaints).toEqual([]);
});

it("fetches what is opened of a server, with its bytes, then shows it", async () => {
  const { page } = await open("remotes");
  await id(page, "side-menu").click();
  await id(page, "side.jobs").click();
  await scrollTo(page, "Stage · camera 2");
  expect(await badge(page, "Stage · camera 2")).toBe("Online");
  await sources(page).filter({ hasText: "Stage · camera 2" }).click();
  await eventually(async () => expect(await jobState(page)).toBe("running"));
  await id(page, "job")
    .getByText(/Fetching [\d.]+ MB of 360\.0 MB/)
    .waitFor();
  await eventually(async () => {
    expect(await id(page, "truth-source").textContent()).toMatch(/Fetching \d+ %.*not drawn yet/);
  });
  await id(page, "fetching-source").waitFor();
  await shoot(page, "remotes-fetching");
  expect(await axeFaults(page)).toEqual([]);
  await eventually(async () => expect(await jobState(page)).toBe("done"));
  await eventually(async () => expect(await readOut(page, "source")).toBe(0));
  await page.getByText("36 objects, 360.0 MB, now on this machine").waitFor();
  await shoot(page, "remotes-fetched");
});

it("stops a fetch, and says why expired and offline media can't be shown", async () => {
  const { page } = await open("remotes");
  await id(page, "side-menu").click();
  await id(page, "side.jobs").click();
  await scrollTo(page, "Forecourt · low sun");
  await sources(page).filter({ hasText: "Forecourt · low sun" }).click();
  await id(page, "fetching-source").getByRole("button", { name: "Stop" }).click();
  await eventually(async () => expect(await jobState(page)).toBe("cancelled"));
  await id(page, "slate-source").getByText("Open it again to go on").waitFor();
  await scrollTo(page, "Stage · sound check");
  expect(await badge(page, "Stage · sound check")).toBe("Expired");
  await sources(page).filter({ hasText: "Stage · sound check" }).click();
  await id(page, "slate-source").getByText("SO-MEDIA-008").waitFor();
  await page.getByRole("tab", { name: /Source/ }).click();
  await id(page, "source-lanes").waitFor();
  await eventually(async () => {
    expect(await page.locator(".tl-segment.gone").count()).toBeGreaterThan(0);
  });
  await shoot(page, "remotes-expired");
  expect(await axeFaults(page)).toEqual([]);
});

it("is walked through by keys, finds across servers and remembers what is folded", async () => {
  const { page } = await open("remotes");
  const at = () => page.locator("[role=treeitem][aria-selected=true]").textContent();
  await page.keyboard.press("/");
  await page.keyboard.type("gallery");
  await eventually(async () => expect(await sources(page).count()).toBe(2));
  await shoot(page, "remotes-search");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Home");
  await eventually(async () => expect(await at()).toContain("This machine"));
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await eventually(async () => expect(await at()).toContain("studio"));
  await page.keyboard.press("ArrowDown");
  await eventually(async () => expect(await at()).toContain("3 odd answers"));
  await page.keyboard.press("Enter");
  await page.getByText("they were read by offset").waitFor();
  await shoot(page, "remotes-odd");
  expect(await axeFaults(page)).toEqual([]);
  await eventually(async () => {
    const saved = await page.evaluate(() => localStorage.getItem("stringout-layout-remotes"));
    expect(saved).toContain('"foldedGroups":[""]');
  });
  await page.reload();
  await id(page, "statusbar").waitFor();
  expect(await groups(page).first().getAttribute("aria-expanded")).toBe("false");
});

it("leads from the status bar to the server that needs a look, and asks all with F5", async () => {
  const { page } = await open("remotes");
  const line = id(page, "open-connections");
  expect(await line.textContent()).toContain("1 of 3 online");
  await id(page, "show-metrics").click();
  await line.click();
  const chosen = page.locator("[role=treeitem][aria-selected=true]");
  await eventually(async () => expect(await chosen.textContent()).toContain("archive"));
  expect(await page.locator(".panel.focused").getAttribute("data-panel")).toBe("browser");
  await page.keyboard.press("F5");
  await eventually(async () => expect(await chosen.getAttribute("aria-busy")).toBe("true"));
  await eventually(async () => expect(await chosen.getAttribute("aria-busy")).toBe("false"));
});
