/** The job by hand, once by keys alone and once by clicks: from a source to a printed code. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axeFaults, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

/** The clips of the sequence as the list for screen readers says them. */
async function clips(page: Page): Promise<string[]> {
  return id(page, "clip-list").locator("li").allTextContents();
}

async function hasClips(page: Page, ...names: string[]): Promise<void> {
  await eventually(async () => {
    const said = names.length === 0 && (await id(page, "timeline-empty").isVisible());
    const listed = said ? [] : await clips(page);
    expect(listed.map((text, i) => (text.includes(names[i] ?? "-") ? names[i] : text))).toEqual(
      names,
    );
  });
}

async function reads(page: Page, monitor: "source" | "record", frame: number): Promise<void> {
  await eventually(async () => expect(await readOut(page, monitor)).toBe(frame));
}

it("by keys: open, mark, append, undo, plan, compile, publish, print, metrics", async () => {
  const { page, complaints } = await open("first-run");
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await id(page, "lesson-opened").waitFor();
  await press("ArrowDown", "ArrowDown", "Enter");
  await reads(page, "source", 0);
  await shoot(page, "job-1-open");
  await press("Shift+ArrowRight", "Shift+ArrowRight", "ArrowRight", "ArrowLeft");
  await reads(page, "source", 20);
  await press("i");
  for (let i = 0; i < 6; i += 1) await press("Shift+ArrowRight");
  await reads(page, "source", 80);
  await press("o");
  await eventually(async () => {
    expect(await id(page, "duration-source").textContent()).toBe("00:00:02:11");
  });
  await shoot(page, "job-2-marked");
  await press("a");
  await hasClips(page, "Forecourt");
  await press("a");
  await hasClips(page, "Forecourt", "Forecourt");
  await press("Control+z");
  await hasClips(page, "Forecourt");
  await press("Control+z");
  await hasClips(page);
  await press("Control+Shift+z", "Control+y");
  await hasClips(page, "Forecourt", "Forecourt");
  await press("p");
  await id(page, "span-row").first().waitFor();
  expect(await id(page, "span-row").count()).toBe(4);
  await shoot(page, "job-3-plan");
  expect(await axeFaults(page)).toEqual([]);
  await press("Control+Enter");
  await id(page, "compile-running").waitFor();
  await shoot(page, "job-4-running");
  await id(page, "verified").waitFor();
  await shoot(page, "job-5-verified");
  expect(await axeFaults(page)).toEqual([]);
  await id(page, "publish").focus();
  await press("Enter");
  await id(page, "published").waitFor();
  expect(await id(page, "play-url").textContent()).toContain("http://192.0.2.10:8470/p/");
  await shoot(page, "job-6-published");
  await press("Control+2");
  await id(page, "view-sheets").waitFor();
  await id(page, "placements").focus();
  await page.keyboard.type("Gate 1\nGate 2");
  await id(page, "sheet-start").focus();
  await press("Enter");
  await id(page, "qr-code").first().waitFor();
  expect(await id(page, "code-row").count()).toBe(2);
  await id(page, "open-pdf").waitFor();
  await shoot(page, "job-7-sheet");
  expect(await axeFaults(page)).toEqual([]);
  await press("Escape", "Control+3");
  await id(page, "numbers").first().waitFor();
  await shoot(page, "job-8-metrics");
  await press("Control+1");
  await eventually(async () => {
    expect(await id(page, "panel-side").textContent()).toMatch(/6 of 6|done/i);
  });
  expect(complaints).toEqual([]);
});

it("by clicks: open, mark, append, insert, remove, undo, compile and cancel", async () => {
  const { page, complaints } = await open("first-run");
  const click = (name: string) => id(page, name).click();
  await id(page, "source-row").nth(2).click();
  await reads(page, "source", 0);
  await id(page, "source-row").nth(1).click();
  await eventually(async () => {
    expect(await id(page, "monitor-source").textContent()).toContain("Forecourt");
  });
  const bar = await id(page, "scrub-source").boundingBox();
  if (!bar) throw new Error("no scrub bar");
  await page.mouse.move(bar.x + 100, bar.y + 12);
  await page.mouse.down();
  await page.mouse.move(bar.x + 200, bar.y + 12, { steps: 4 });
  await page.mouse.up();
  await eventually(async () => expect(await readOut(page, "source")).toBeGreaterThan(100));
  await click("mark-in-source");
  await click("step-on-source");
  await click("mark-out-source");
  await eventually(async () => {
    expect(await id(page, "duration-source").textContent()).toBe("00:00:00:02");
  });
  await page
    .getByRole("button", { name: /Append/ })
    .first()
    .click();
  await hasClips(page, "Forecourt");
  await page.keyboard.press("a");
  await hasClips(page, "Forecourt", "Forecourt");
  const lanes = await id(page, "timeline-lanes").boundingBox();
  if (!lanes) throw new Error("no lanes");
  await page.getByRole("button", { name: "Commands" }).click();
  await page.keyboard.type("select all");
  await page.keyboard.press("Enter");
  await click("remove");
  await hasClips(page);
  await page.keyboard.press("Control+z");
  await hasClips(page, "Forecourt", "Forecourt");
  await click("plan");
  await click("compile");
  await click("compile-cancel");
  await eventually(async () => {
    expect(await id(page, "panel-plan").textContent()).toMatch(/cancelled/i);
  });
  await click("plan-close");
  await id(page, "panel-plan").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

it("a file that is dropped on the window is ingested with progress and can be opened", async () => {
  const { page } = await open("first-run");
  await page.evaluate(() => window.stringoutFake?.hover(1));
  await id(page, "drop-overlay").waitFor();
  await shoot(page, "drop");
  await page.evaluate(() => window.stringoutFake?.drop(["Harbour.mp4"]));
  await id(page, "drop-overlay").waitFor({ state: "detached" });
  await id(page, "ingest-row").first().waitFor();
  await shoot(page, "ingest");
  await page.getByText("Harbour", { exact: true }).first().click();
  await reads(page, "source", 0);
});
