/** The number that a monitor shows is the number in the pixels it shows. */
import { expect, it } from "vitest";
import { drawnNumber, eventually, id, inBrowser, readOut } from "./stage";

const open = inBrowser();

/** Numbers that look random and are the same in every run. */
function* numbers(below: number): Generator<number> {
  for (let seed = 12_345; ; ) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    yield (seed >>> 8) % below;
  }
}

it.each(["edit", "slow"] as const)("after 20 seeks (%s)", async (scenario) => {
  const { page } = await open(scenario);
  await eventually(async () => expect(await readOut(page, "source")).toBe(1_456));
  const bar = await id(page, "scrub-source").boundingBox();
  if (!bar) throw new Error("no scrub bar");
  const places = numbers(Math.floor(bar.width) - 40);
  const seen = new Set<number>();
  for (let i = 0; i < 20; i += 1) {
    const before = await readOut(page, "source");
    const x = bar.x + 20 + (places.next().value ?? 0);
    await page.mouse.click(x, bar.y + bar.height / 2);
    await eventually(async () => expect(await readOut(page, "source")).not.toBe(before));
    await page.waitForTimeout(150);
    const shown = await readOut(page, "source");
    expect(await drawnNumber(page, "source")).toBe(shown);
    seen.add(shown);
  }
  expect(seen.size).toBeGreaterThan(15);
});

it("steps by single frames both ways, ten with Shift, and to both ends", async () => {
  const { page } = await open("edit");
  await eventually(async () => expect(await readOut(page, "record")).toBe(600));
  await id(page, "monitor-record").click({ position: { x: 200, y: 16 } });
  const keys: [string, number][] = [
    ["ArrowRight", 601],
    ["ArrowLeft", 600],
    ["Shift+ArrowRight", 610],
    ["Shift+ArrowLeft", 600],
    ["ArrowDown", 1_210],
    ["ArrowUp", 600],
    ["End", 2_693],
    ["Home", 0],
  ];
  for (const [key, frame] of keys) {
    await page.keyboard.press(key);
    await eventually(async () => expect(await readOut(page, "record"), key).toBe(frame));
    await eventually(async () => expect(await drawnNumber(page, "record"), key).toBe(frame));
  }
});

it("plays and pauses with Space, and with J K L", async () => {
  const { page } = await open("edit");
  await eventually(async () => expect(await readOut(page, "source")).toBe(1_456));
  await id(page, "monitor-source").click({ position: { x: 200, y: 16 } });
  await page.keyboard.press("Space");
  await eventually(async () => expect(await readOut(page, "source")).toBeGreaterThan(1_466));
  await page.keyboard.press("Space");
  await page.waitForTimeout(200);
  const paused = await readOut(page, "source");
  await page.waitForTimeout(300);
  expect(await readOut(page, "source")).toBe(paused);
  await page.keyboard.press("j");
  await eventually(async () => expect(await readOut(page, "source")).toBeLessThan(paused - 5));
  await page.keyboard.press("k");
  await page.keyboard.press("l");
  await page.keyboard.press("l");
  const from = await readOut(page, "source");
  await eventually(async () => expect(await readOut(page, "source")).toBeGreaterThan(from + 20));
  await page.keyboard.press("k");
});
