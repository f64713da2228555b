/** A monitor in a window of its own, how its time is read, loudness, and a flow that is still recorded. */
import type { Locator, Page } from "playwright-core";
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
  const truth = () => id(page, "truth-source").textContent();
  expect(await truth()).toContain("In its own window");
  expect(await truth()).not.toMatch(/slate|fps/i);
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
  await eventually(async () => expect(await time()).toBe("09:30:58.240"));
  const title = () =>
    page.locator("button", { has: id(page, "timecode-source") }).getAttribute("title");
  expect(await title()).toContain("2025-12-01");
  await shoot(page, "wall-clock");
  // A frame that is typed where frames are read.
  await page.keyboard.press("Shift+T");
  await page.keyboard.press("Shift+T");
  await id(page, "timecode-source").click();
  const field = id(page, "timecode-typing-source");
  expect(await field.inputValue()).toBe("1456");
  await field.fill("1015");
  await field.press("Enter");
  await eventually(async () => expect(await drawnNumber(page, "source")).toBe(1_015));
  // The key that closes the menu closes nothing else.
  await page.keyboard.press("Shift+F");
  await id(page, "time-kind-source").focus();
  await page.keyboard.press("Enter");
  await id(page, "time-tams").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
  await eventually(async () => expect(await id(page, "time-tams").count()).toBe(0));
  expect((await id(page, "monitor-source").boundingBox())?.width).toBe(1_600);
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

const SIZES = [
  { width: 1600, height: 1000 },
  { width: 1440, height: 900 },
  { width: 1280, height: 800 },
];

it.each(SIZES)("keeps all read-outs in their rows at $width × $height", async (size) => {
  const { page } = await open("edit", size);
  await take(page);
  await page.evaluate(() => window.stringoutFake?.record(3_000));
  await id(page, "live-source").waitFor();
  const monitor = id(page, "monitor-source");
  const name = (what: string) => `${what}-${size.width}`;
  for (const one of ["record", "source"] as const) {
    // The smallest window has room for one.
    if ((await id(page, `monitor-${one}`).count()) === 0) continue;
    await id(page, `monitor-${one}`).click({ position: { x: 120, y: 16 } });
    for (const kind of ["timecode", "frames", "tams", "clock"]) {
      const faults = await squeezed(id(page, `monitor-${one}`), ".mon-transport");
      expect(faults, `${one} ${kind}`).toEqual([]);
      await shoot(page, name(`${one}-${kind}`));
      await page.keyboard.press("Shift+T");
    }
  }
  await page.keyboard.press("Space");
  const loudness = id(monitor, "loudness");
  await eventually(async () => expect(await loudness.textContent()).toContain("−23.0"));
  await eventually(async () =>
    expect(await id(page, "truth-source").textContent()).toContain("fps"),
  );
  await shoot(page, name("loudness"));
  const seen = await loudness.innerText();
  for (const word of ["I −23.0", "TP −0.8"]) expect(seen.replace(/\s+/g, " ")).toContain(word);
  if (size.width === 1600) {
    for (const word of ["M −21.8", "S −22.6", "LUFS", "dBTP"])
      expect(seen.replace(/\s+/g, " ")).toContain(word);
  }
  expect(await squeezed(monitor, ".mon-truth")).toEqual([]);
});

/** Parts of a row of a monitor that lie over each other or beyond it, in words. */
function squeezed(monitor: Locator, row: string): Promise<string[]> {
  return monitor.locator(row).evaluate((element) => {
    const { left, right } = element.getBoundingClientRect();
    const inset = Number.parseFloat(getComputedStyle(element).paddingRight) - 0.5;
    const parts = [...element.querySelectorAll("button, .mon-duration, .mon-truth > span")]
      .map((part) => ({
        name: part.textContent || part.ariaLabel,
        box: part.getBoundingClientRect(),
      }))
      .filter(({ box }) => box.width > 0)
      .sort((a, b) => a.box.left - b.box.left);
    return parts.flatMap(({ name, box }, i) => {
      const next = parts[i + 1];
      const faults = [];
      if (box.left < left + inset || box.right > right - inset)
        faults.push(`${name} beyond the row`);
      if (next && next.box.left < box.right - 0.5) faults.push(`${name} over ${next.name}`);
      return faults;
    });
  });
}

it("keeps all read-outs in their rows in the smallest window of its own", async () => {
  const { page } = await open("edit");
  const address = page.url();
  await page.goto("about:blank");
  await page.setViewportSize({ width: 520, height: 400 });
  await page.goto(`${address}#monitor=source`);
  const monitor = id(page, "monitor-source");
  await eventually(async () => expect(await readOut(page, "source")).toBe(1_456));
  await page.evaluate(() => window.stringoutFake?.record(3_000));
  await id(page, "live-source").waitFor();
  await page.keyboard.press("Space");
  await id(monitor, "loudness").waitFor();
  for (const kind of ["timecode", "frames", "tams", "clock"]) {
    expect(await squeezed(monitor, ".mon-transport"), kind).toEqual([]);
    await page.keyboard.press("Shift+T");
  }
  await shoot(page, "own-window-smallest");
  expect(await squeezed(monitor, ".mon-truth")).toEqual([]);
});

it("starts a window of its own in its own shape", async () => {
  const { page } = await open("loading", { width: 1120, height: 760 });
  const address = page.url();
  await page.goto("about:blank");
  await page.goto(`${address}#monitor=source`);
  await id(page, "starting").waitFor();
  await page.getByText("Opening the workspace", { exact: true }).waitFor();
  await shoot(page, "own-window-starting");
  expect(await page.locator(".shape-upper").count()).toBe(0);
  // No key of the main window counts before the program has answered.
  await page.keyboard.press("Control+K");
  await page.keyboard.press("?");
  expect(await page.locator("[role=dialog]").count()).toBe(0);
});
