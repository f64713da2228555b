/** The window itself: it is arranged by mouse and keys, and remembers how. */
import { expect, it } from "vitest";
import { axeFaults, eventually, id, inBrowser, shoot } from "./stage";

const open = inBrowser();

it("remembers sizes, the side panel and the theme", async () => {
  const { page } = await open("edit");
  const width = async () => (await id(page, "panel-browser").boundingBox())?.width;
  expect(await width()).toBe(304);
  const edge = await id(page, "splitter-browser").boundingBox();
  if (!edge) throw new Error("no splitter");
  await page.mouse.move(edge.x + 4, edge.y + 100);
  await page.mouse.down();
  await page.mouse.move(edge.x + 65, edge.y + 100, { steps: 5 });
  await page.mouse.up();
  expect(await width()).toBe(364);
  await id(page, "splitter-monitors").focus();
  const height = async () => (await id(page, "monitor-source").boundingBox())?.height ?? 0;
  const before = await height();
  await page.keyboard.press("ArrowUp");
  await eventually(async () => expect(await height()).toBe(before - 4));
  await id(page, "side-menu").click();
  await id(page, "side.jobs").click();
  await id(page, "side-menu").click();
  await id(page, "theme").click();
  await eventually(async () => {
    const saved = await page.evaluate(() => localStorage.getItem("stringout-layout-edit"));
    expect(saved).toContain('"light"');
  });
  await page.reload();
  await id(page, "statusbar").waitFor();
  expect(await width()).toBe(364);
  expect(await height()).toBe(before - 4);
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("light");
  expect(await id(page, "panel-side").getAttribute("aria-label")).toBe("Jobs");
  await id(page, "splitter-browser").dblclick();
  expect(await width()).toBe(304);
});

it.each([
  { width: 1280, height: 800 },
  { width: 1440, height: 900 },
  { width: 2560, height: 1440 },
])("fits $width × $height without anything outside the window", async (size) => {
  const { page } = await open("edit", size);
  await page.waitForTimeout(300);
  await shoot(page, `size-${size.width}`);
  const one = size.width < 1440;
  expect(await id(page, "monitor-record").count()).toBe(one ? 0 : 1);
  if (one) {
    await page.keyboard.press("`");
    await id(page, "monitor-record").waitFor();
    await page.keyboard.press("`");
    await id(page, "monitor-source").waitFor();
  }
  const timeline = await id(page, "timeline").boundingBox();
  expect(timeline?.height).toBeGreaterThanOrEqual(240);
  const overflow = await page.evaluate(() => {
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
    return [scrollWidth - clientWidth, scrollHeight - clientHeight];
  });
  expect(overflow).toEqual([0, 0]);
});

it("cycles the panels with F6 and shows which has the keys", async () => {
  const { page } = await open("edit");
  const focused = () => page.locator(".panel.focused").getAttribute("data-panel");
  const seen: (string | null)[] = [];
  for (let i = 0; i < 5; i += 1) {
    await page.keyboard.press("F6");
    seen.push(await focused());
  }
  expect(seen).toEqual(["record", "timeline", "side", "browser", "source"]);
  await page.keyboard.press("Shift+F6");
  expect(await focused()).toBe("browser");
  await page.keyboard.press("/");
  const typing = () => page.evaluate(() => document.activeElement?.tagName);
  await eventually(async () => expect(await typing()).toBe("INPUT"));
  await page.keyboard.type("evening");
  await eventually(async () => expect(await id(page, "source-row").count()).toBe(1));
  await page.keyboard.press("Escape");
});

it("runs any command from the palette and lists all keys", async () => {
  const { page } = await open("edit");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("metrics");
  await page.waitForTimeout(150);
  await shoot(page, "palette");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await id(page, "view-metrics").waitFor();
  await page.keyboard.press("Control+1");
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "All keys" });
  await keys.getByText("Mark in", { exact: true }).waitFor();
  await page.waitForTimeout(150);
  await shoot(page, "keys");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "detached" });
});

it("goes back and forth through the history", async () => {
  const { page } = await open("edit");
  const count = () => id(page, "clip-list").locator("li").count();
  await id(page, "timeline").click({ position: { x: 90, y: 400 } });
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await id(page, "timeline-empty").waitFor();
  await id(page, "history").click();
  await page.getByRole("menuitem", { name: "As it was opened" }).click();
  await eventually(async () => expect(await count()).toBe(4));
  await id(page, "history").click();
  await page.getByRole("menuitem", { name: "Remove 4 clips" }).click();
  await id(page, "timeline-empty").waitFor();
});

it("shows a failure once, counts it, and puts it away", async () => {
  const { page } = await open("edit");
  const failure = {
    code: "SO-NET-003",
    title: "The store did not answer",
    detail: "GET /flows took longer than 10 s.",
    hint: "Work goes on; it is tried again by itself.",
    retryable: true,
  };
  for (let i = 0; i < 2; i += 1) {
    await page.evaluate(
      (failure) => window.stringoutFake?.emit({ kind: "failed", failure }),
      failure,
    );
  }
  await id(page, "failure").waitFor();
  expect(await id(page, "failure").count()).toBe(1);
  expect(await id(page, "failure").textContent()).toContain("2 times");
  expect(await id(page, "error-count").textContent()).toContain("1 error");
  await shoot(page, "failure");
  await id(page, "failure").getByRole("button", { name: "Put away" }).click();
  await id(page, "failure").waitFor({ state: "detached" });
  expect(await id(page, "error-count").count()).toBe(0);
});
