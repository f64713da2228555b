/** Dissolves and markers of the sequence, by keys and pointer. */
import { expect, it } from "vitest";
import { axeFaults, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

it("puts a dissolve on a cut, changes its length, and takes it back", async () => {
  const { page, complaints } = await open("edit");
  const boxes = id(page, "transition");
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await page.keyboard.press("Control+d");
  await boxes.waitFor();
  expect(await boxes.getAttribute("title")).toBe("Dissolve, 25 frames");
  const cut = await id(page, "clip").nth(1).boundingBox();
  const box = await boxes.boundingBox();
  if (!cut || !box) throw new Error("nothing is drawn");
  expect(box.x).toBeLessThan(cut.x);
  expect(box.x + box.width).toBeGreaterThan(cut.x);
  const words = id(page, "clip-list").locator("li").nth(1);
  expect(await words.textContent()).toContain("dissolve in, 25 frames");
  await id(page, "clip")
    .nth(1)
    .click({ position: { x: 40, y: 8 } });
  const length = id(page, "transition-in");
  await length.fill("40");
  await length.press("Enter");
  await eventually(async () =>
    expect(await boxes.getAttribute("title")).toBe("Dissolve, 40 frames"),
  );
  await length.fill("100000");
  await length.press("Enter");
  await id(page, "failure").waitFor();
  expect(await length.inputValue()).toBe("40");
  await shoot(page, "dissolve");
  expect(await axeFaults(page)).toEqual([]);
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await page.keyboard.press("Control+z");
  await eventually(async () =>
    expect(await boxes.getAttribute("title")).toBe("Dissolve, 25 frames"),
  );
  await page.keyboard.press("Control+z");
  await boxes.waitFor({ state: "detached" });
  expect(await length.count()).toBe(0);
  expect(complaints).toEqual([]);
});

it("puts a marker at the playhead, names it and goes to it", async () => {
  const { page, complaints } = await open("edit");
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await page.keyboard.press("ArrowDown");
  await eventually(async () => expect(await readOut(page, "record")).toBeGreaterThan(100));
  const at = await readOut(page, "record");
  await page.keyboard.press("m");
  const flag = id(page, "marker");
  await flag.waitFor();
  await flag.focus();
  await page.keyboard.press("Enter");
  await id(page, "marker-popover").waitFor();
  await eventually(async () =>
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe(
      "marker-name",
    ),
  );
  await page.keyboard.type("Applause");
  await page.getByRole("radio", { name: "magenta" }).check({ force: true });
  // The arrows are the choice's own, not the playhead's.
  await page.keyboard.press("ArrowLeft");
  await eventually(async () =>
    expect(await page.getByRole("radio", { name: "purple" }).isChecked()).toBe(true),
  );
  expect(await readOut(page, "record")).toBe(at);
  await shoot(page, "marker");
  expect(await axeFaults(page)).toEqual([]);
  await id(page, "marker-keep").click();
  await id(page, "marker-popover").waitFor({ state: "detached" });
  await eventually(async () => expect(await flag.getAttribute("title")).toContain("Applause, 10:"));
  await page.keyboard.press("Home");
  await eventually(async () => expect(await readOut(page, "record")).toBe(0));
  await page.keyboard.press("Shift+m");
  await eventually(async () => expect(await readOut(page, "record")).toBe(at));
  await page.keyboard.press("Home");
  await eventually(async () => expect(await readOut(page, "record")).toBe(0));
  await flag.click();
  await eventually(async () => expect(await readOut(page, "record")).toBe(at));
  await flag.dblclick();
  await id(page, "marker-popover").waitFor();
  await id(page, "marker-name").fill("Other");
  await page.keyboard.press("Escape");
  await id(page, "marker-popover").waitFor({ state: "detached" });
  expect(await flag.getAttribute("title")).toContain("Applause");
  await page.keyboard.press("m");
  await id(page, "marker-name").fill("Encore");
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await id(page, "marker-popover").waitFor({ state: "detached" });
  await eventually(async () => expect(await flag.getAttribute("title")).toContain("Encore, 10:"));
  await page.keyboard.press("Alt+m");
  await flag.waitFor({ state: "detached" });
  await page.keyboard.press("Control+z");
  await flag.waitFor();
  expect(complaints).toEqual([]);
});
