/** The monitors: what they play, what lies over their pictures, and one of them alone. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axeFaults, drawnNumber, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

type Name = "source" | "record";

const monitor = (page: Page, name: Name) => id(page, `monitor-${name}`);

/** Gives a monitor the keys, when its first picture is there. */
async function take(page: Page, name: Name, frame: number): Promise<void> {
  await eventually(async () => expect(await readOut(page, name)).toBe(frame));
  await monitor(page, name).click({ position: { x: 120, y: 16 } });
}

/** The frames that the read-out of a monitor shows while somebody looks on. */
async function seen(page: Page, name: Name, ms: number): Promise<number[]> {
  return page.evaluate(
    async ({ name, ms }) => {
      const frames: number[] = [];
      for (const end = performance.now() + ms; performance.now() < end; ) {
        const text = document.querySelector(`[data-testid="frame-${name}"]`)?.textContent;
        if (Number(text) !== frames.at(-1)) frames.push(Number(text));
        await new Promise((shown) => requestAnimationFrame(shown));
      }
      return frames;
    },
    { name, ms },
  );
}

it("loops from in to out until the button is pressed again", async () => {
  const { page } = await open("edit");
  await take(page, "source", 1_456);
  await page.keyboard.press("i");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("o");
  await eventually(async () =>
    expect(await id(page, "duration-source").textContent()).toBe("00:00:00:11"),
  );
  await page.keyboard.press("Control+Shift+Space");
  const loop = id(monitor(page, "source"), "loop");
  await eventually(async () => expect(await loop.getAttribute("aria-pressed")).toBe("true"));
  const frames = await seen(page, "source", 1_500);
  expect(Math.min(...frames)).toBeGreaterThanOrEqual(1_456);
  expect(Math.max(...frames)).toBeLessThanOrEqual(1_466);
  const wraps = frames.filter((frame, i) => frame < (frames[i - 1] ?? 0)).length;
  expect(wraps).toBeGreaterThanOrEqual(2);
  // A busy machine may leave pictures out; that they are counted is what is seen here.
  expect(await id(page, "truth-source").textContent()).toMatch(/\d+ dropped/);
  await shoot(page, "loop");
  await loop.click();
  await eventually(async () => expect(await readOut(page, "source")).toBeGreaterThan(1_470));
  expect(await loop.getAttribute("aria-pressed")).toBe("false");
  await page.keyboard.press("k");
});

it("plays from in to out once, and around the playhead back to where it was", async () => {
  const { page } = await open("edit");
  await take(page, "source", 1_456);
  await page.keyboard.press("i");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("o");
  await page.keyboard.press("Shift+Space");
  await eventually(async () => expect(await readOut(page, "source")).toBeLessThan(1_466));
  await eventually(async () => expect(await readOut(page, "source")).toBe(1_466));
  await page.keyboard.press("Shift+K");
  await eventually(async () => expect(await readOut(page, "source")).toBeLessThan(1_450));
  const frames = await seen(page, "source", 4_500);
  expect(Math.max(...frames)).toBeGreaterThan(1_500);
  expect(frames.at(-1)).toBe(1_466);
});

it("steps with J and L while K is held, and plays with them alone", async () => {
  const { page } = await open("edit");
  await take(page, "source", 1_456);
  await page.keyboard.down("k");
  for (const [key, frame] of [
    ["l", 1_457],
    ["l", 1_458],
    ["j", 1_457],
  ] as const) {
    await page.keyboard.press(key);
    await eventually(async () => expect(await readOut(page, "source")).toBe(frame));
  }
  await page.waitForTimeout(200);
  expect(await readOut(page, "source")).toBe(1_457);
  await page.keyboard.up("k");
  await page.keyboard.press("l");
  await eventually(async () => expect(await readOut(page, "source")).toBeGreaterThan(1_465));
  await page.keyboard.press("k");
});

it("draws overlays above the picture that read as it does, and remembers them", async () => {
  const { page } = await open("edit");
  await take(page, "record", 600);
  await id(monitor(page, "record"), "overlays").click();
  await id(page, "overlay-safe").click();
  await id(page, "overlay-burnIn").click();
  await id(page, "overlay-mask-4:5").click();
  await page.waitForTimeout(200);
  await shoot(page, "overlay-menu");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await id(page, "overlay-safe").waitFor({ state: "detached" });
  const read = (name: string) => id(page, `${name}-record`).textContent();
  const agrees = async (frame: number) => {
    expect(await read("frame")).toBe(String(frame));
    expect(await read("burn-frame")).toBe(String(frame));
    expect(await read("burn-timecode")).toBe(await read("timecode"));
    expect(await drawnNumber(page, "record")).toBe(frame);
  };
  // The row of the number lies outside the mask, where its white would be shaded.
  await id(monitor(page, "record"), "overlays").click();
  await id(page, "overlay-mask-4:5").click();
  await page.keyboard.press("Escape");
  for (const [key, frame] of [
    ["ArrowRight", 601],
    ["Shift+ArrowRight", 611],
    ["Home", 0],
  ] as const) {
    await page.keyboard.press(key);
    await eventually(() => agrees(frame));
  }
  const apart = await page.evaluate(async () => {
    const pairs: string[] = [];
    const text = (name: string) =>
      document.querySelector(`[data-testid="${name}-record"]`)?.textContent ?? "";
    for (let i = 0; i < 40; i += 1) {
      if (text("burn-frame") !== text("frame"))
        pairs.push(`${text("burn-frame")} ${text("frame")}`);
      await new Promise((shown) => requestAnimationFrame(shown));
    }
    return pairs;
  });
  expect(apart).toEqual([]);
  await eventually(async () => {
    const saved = await page.evaluate(() => localStorage.getItem("stringout-layout-edit"));
    expect(saved).toContain('"record":{"safe":true,"burnIn":true,"mask":null}');
  });
  await page.reload();
  await id(page, "burn-frame-record").waitFor();
  expect(await id(page, "overlaid-source").count()).toBe(0);
});

it("gives one monitor the whole window, with a larger picture, until Escape", async () => {
  const { page, complaints } = await open("edit");
  await take(page, "record", 600);
  const canvas = monitor(page, "record").locator("canvas");
  const pixels = () => canvas.evaluate((canvas) => (canvas as HTMLCanvasElement).width);
  const before = await pixels();
  await page.keyboard.press("Shift+F");
  const size = async () => {
    const box = await monitor(page, "record").boundingBox();
    return [box?.x, box?.y, box?.width, box?.height];
  };
  await eventually(async () => expect(await size()).toEqual([0, 0, 1_600, 1_000]));
  await eventually(async () => expect(await pixels()).toBeGreaterThan(before));
  expect(await id(page, "timeline").isVisible()).toBe(false);
  expect(await id(page, "statusbar").isVisible()).toBe(false);
  await page.keyboard.press("ArrowRight");
  await eventually(async () => expect(await readOut(page, "record")).toBe(601));
  await eventually(async () => expect(await drawnNumber(page, "record")).toBe(601));
  await id(monitor(page, "record"), "overlays").click();
  await id(page, "overlay-safe").click();
  await id(page, "overlay-burnIn").click();
  await id(page, "overlay-mask-9:16").click();
  await page.keyboard.press("Escape");
  await id(page, "overlay-safe").waitFor({ state: "detached" });
  expect(await size()).toEqual([0, 0, 1_600, 1_000]);
  await page.waitForTimeout(200);
  await shoot(page, "filled");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("`");
  await eventually(async () =>
    expect((await monitor(page, "source").boundingBox())?.width).toBe(1_600),
  );
  await page.keyboard.press("`");
  await page.keyboard.press("Escape");
  await id(page, "timeline").waitFor();
  await eventually(async () => expect(await pixels()).toBe(before));
  await id(monitor(page, "record"), "fill").click();
  await eventually(async () => expect(await size()).toEqual([0, 0, 1_600, 1_000]));
  await id(monitor(page, "record"), "fill").click();
  await id(page, "timeline").waitFor();
  expect(complaints).toEqual([]);
});

it("looks its part in both themes", async () => {
  const { page } = await open("edit");
  await take(page, "record", 600);
  for (const name of ["source", "record"] as const) {
    await id(monitor(page, name), "overlays").click();
    await id(page, "overlay-safe").click();
    await id(page, "overlay-burnIn").click();
    if (name === "record") await id(page, "overlay-mask-1:1").click();
    await page.keyboard.press("Escape");
    await id(page, "overlay-safe").waitFor({ state: "detached" });
  }
  await shoot(page, "overlays-dark");
  await id(page, "side-menu").click();
  await id(page, "theme").click();
  await page.waitForTimeout(200);
  await shoot(page, "overlays-light");
  expect(await axeFaults(page)).toEqual([]);
});
