/** Cutting from the light flow of a source, then compiling from its best one. */
import { expect, it } from "vitest";
import { axeFaults, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

it("opens and cuts the preview flow, says so, and links the clips to the best flows", async () => {
  const { page, complaints } = await open("previews");
  const notice = id(page, "preview-notice");
  const stage = id(page, "source-row").filter({ hasText: "Stage · camera 2" });
  await stage.scrollIntoViewIfNeeded();
  await stage.click();
  await eventually(async () => expect(await readOut(page, "source")).toBe(0));
  const opened = page.locator(".browser-row.flow.opened");
  expect(await id(opened, "flow-tag").textContent()).toBe("Preview");
  for (const key of ["i", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"]) {
    await page.keyboard.press(key);
  }
  await eventually(async () => expect(await readOut(page, "source")).toBe(30));
  await page.keyboard.press("o");
  await page.keyboard.press("a");
  await eventually(async () => {
    expect(await id(page, "clip-list").locator("li").count()).toBe(5);
  });
  await page.getByRole("button", { name: /Gallery · visitors, video 1/ }).focus();
  const inspector = id(page, "panel-side");
  await inspector.getByText("Preview flow", { exact: true }).waitFor();
  await inspector.getByRole("button", { name: "Use the best flow" }).waitFor();
  expect(await id(page, "clip-preview").count()).toBeGreaterThan(0);
  await shoot(page, "previews-cut");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("p");
  await notice.getByText("2 of 5 clips are cut from preview flows.").waitFor();
  await shoot(page, "previews-notice");
  expect(await axeFaults(page)).toEqual([]);
  const turnTheme = async () => {
    await id(page, "side-menu").click();
    await id(page, "theme").click();
    await page.waitForTimeout(600);
  };
  await turnTheme();
  await shoot(page, "previews-notice-light");
  expect(await axeFaults(page)).toEqual([]);
  await turnTheme();
  await id(page, "use-best-flows").click();
  await id(page, "relink-progress").waitFor();
  expect(await id(page, "use-best-flows").isDisabled()).toBe(true);
  await shoot(page, "previews-linking");
  await notice.waitFor({ state: "detached" });
  expect(await id(page, "clip-preview").count()).toBe(0);
  await inspector.getByText("Best flow", { exact: true }).waitFor();
  await inspector.getByRole("button", { name: "Use the preview flow" }).waitFor();
  await page.keyboard.press("Control+z");
  await notice.waitFor();
  expect(complaints).toEqual([]);
});
