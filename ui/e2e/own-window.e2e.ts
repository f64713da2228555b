/** A monitor in a window of its own, how its time is read, loudness, and a flow that is still recorded. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axeFaults, drawnNumber, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

async function take(page: Page): Promise<void> {
  await eventually(async () => expect(await readOut(page, "source")).toBe(1_456));
  await id(page, "monitor-source").click({ position: { x: 120, y: 16 } });
}

it("leaves a monitor to its own window, and takes it back", async () => {
  const { page, complaints } = await open("edit");
  await take(page);
  await id(id(page, "monitor-source"), "own-window").click();
  await id(page, "away-source").waitFor();
  await shoot(page, "away");
  // It can be moved from here all the same.
  await page.keyboard.press("ArrowRight");
  await eventually(async () => expect(await readOut(page, "source")).toBe(1_457));
  expect(await axeFaults(page)).toEqual([]);
  await id(page, "bring-back").click();
  await eventually(async () => expect(await drawnNumber(page, "source")).toBe(1_457));
  expect(await id(page, "away-source").count()).toBe(0);
  expect(complaints).toEqual([]);
});

it("is a page of its own, which edits nothing", async () => {
  const { page } = await open("edit");
  const address = page.url();
  await page.goto("about:blank");
  await page.goto(`${address}#monitor=record`);
  await id(page, "monitor-record").waitFor();
  await eventually(async () => expect(await readOut(page, "record")).toBe(600));
  expect(await id(page, "monitor-source").count()).toBe(0);
  expect(await page.title()).toContain("Record");
  await page.keyboard.press("ArrowRight");
  await eventually(async () => expect(await drawnNumber(page, "record")).toBe(601));
  const clips = () =>
    page.evaluate(async () => {
      const view = await window.stringoutFake?.call("desk_view", {});
      return view?.sequence.clips.length;
    });
  const before = await clips();
  for (const key of ["s", "a", "Control+a", "Delete", "Control+z"]) await page.keyboard.press(key);
  expect(await clips()).toBe(before);
  await shoot(page, "own-window");
  expect(await axeFaults(page)).toEqual([]);
});

it("reads the time as timecode, frames, TAMS time or a date", async () => {
  const { page } = await open("edit");
  await take(page);
  const time = () => id(page, "timecode-source").textContent();
  expect(await time()).toMatch(/^\d\d:\d\d:\d\d:\d\d$/);
  await page.keyboard.press("Shift+T");
  await eventually(async () => expect(await time()).toBe("1456"));
  await id(page, "time-kind-source").click();
  await id(page, "time-tams").click();
  // Frame 1456 at 25 frames a second is 58.24 s.
  await eventually(async () => expect(await time()).toBe("1764581495:240000000"));
  await shoot(page, "tams-time");
  await page.keyboard.press("Shift+T");
  await eventually(async () => expect(await time()).toBe("2025-12-01 09:30:58.240Z"));
});

it("shows how loud it is, and follows what is still recorded", async () => {
  const { page } = await open("edit");
  await take(page);
  const live = id(page, "live-source");
  expect(await live.count()).toBe(0);
  await page.keyboard.press("Space");
  const loudness = id(id(page, "monitor-source"), "loudness");
  await eventually(async () => expect(await loudness.textContent()).toContain("−23.0"));
  await page.keyboard.press("k");
  await page.evaluate(() => window.stringoutFake?.record(3_000));
  await live.waitFor();
  await page.keyboard.press("Shift+L");
  await eventually(async () => expect(await readOut(page, "source")).toBeGreaterThan(2_895));
  expect(await live.getAttribute("aria-pressed")).toBe("true");
  await shoot(page, "live");
  await live.click();
  await eventually(async () => expect(await live.getAttribute("aria-pressed")).toBe("false"));
  await page.setViewportSize({ width: 1280, height: 800 });
  await shoot(page, "live-small");
});
