/** The report of a file: opened, read by keys, filtered, copied, and a joint of it shown. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { axeFaults, eventually, id, inBrowser, readOut, shoot } from "./stage";

const open = inBrowser();

async function compile(page: Page): Promise<void> {
  await page.keyboard.press("Control+Enter");
  await id(page, "span-row").first().waitFor();
  await page.keyboard.press("Control+Enter");
  await id(page, "open-verification").waitFor();
}

/** What has the focus, as a screen reader would name it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
  });
}

it("is read by keys; Enter shows the frame before a joint, Escape gives the focus back", async () => {
  const { page, complaints } = await open("faults");
  await compile(page);
  await id(page, "open-verification").focus();
  await page.keyboard.press("Enter");
  await id(page, "verdict").getByText("Not as planned").waitFor();
  await eventually(async () => expect(await focused(page)).toBe("Joints"));
  await page.waitForTimeout(200);
  await shoot(page, "verification");
  expect(await axeFaults(page)).toEqual([]);
  const inside = () =>
    page.evaluate(() => document.activeElement?.closest("[role=dialog]") !== null);
  const stops = new Set<string>();
  for (let i = 0; i < 10; i += 1) {
    await page.keyboard.press("Tab");
    expect(await inside()).toBe(true);
    stops.add(await focused(page));
  }
  for (const stop of ["Close", "Copy as JSON", "Copy the SHA-256", "Only what is not as planned"]) {
    expect([...stops]).toContain(stop);
  }
  expect([...stops]).toContain("Checks of the whole file");
  await page.keyboard.press("Escape");
  await id(page, "verification").waitFor({ state: "detached" });
  await eventually(async () => expect(await focused(page)).toBe("All checks"));
  expect(await id(page, "panel-plan").count()).toBe(1);
  await page.keyboard.press("Enter");
  await eventually(async () => expect(await focused(page)).toBe("Joints"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await id(page, "verification").waitFor({ state: "detached" });
  await eventually(async () => expect(await readOut(page, "record")).toBe(617));
  await page.keyboard.press("ArrowRight");
  await eventually(async () => expect(await readOut(page, "record")).toBe(618));
  expect(complaints).toEqual([]);
});

it("is read by mouse, in light, where there is only one monitor", async () => {
  const { page, complaints } = await open("faults", { width: 1280, height: 800 });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await id(page, "side-menu").click();
  await id(page, "theme").click();
  await compile(page);
  await id(page, "open-verification").click();
  await id(page, "only-faults").click();
  await eventually(async () => expect(await id(page, "joint-row").count()).toBe(1));
  expect(await id(page, "joint-count").textContent()).toBe("1 of 4 joints");
  expect(await id(page, "check-row").count()).toBe(1);
  await id(page, "copy-report").click();
  await page.getByText("The report is on the clipboard").waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied).toMatchObject({ file: "Promo_1_48.mp4", verified: { ok: false } });
  await page.waitForTimeout(400);
  await shoot(page, "verification-light");
  expect(await axeFaults(page)).toEqual([]);
  await id(page, "joint-row").click();
  await eventually(async () => expect(await readOut(page, "record")).toBe(599));
  expect(complaints).toEqual([]);
});

it("stays fast with 5,000 joints and thousands of checks", async () => {
  const { page, complaints } = await open("faults");
  await compile(page);
  await page.evaluate(async () => {
    const fake = window.stringoutFake;
    const job = (await fake?.call("desk_view", {}))?.jobs[0];
    if (!fake || job?.state.kind !== "done" || job.state.result.kind !== "compiled") return;
    const row = { ok: true, detail: "every frame of the GOPs on both sides decodes" };
    const joints = Array.from({ length: 5_000 }, (_, i) => ({
      ...{ ...row, frame: (i + 1) * 20, title: i % 2 === 0 ? "encode|copy" : "copy|encode" },
    }));
    joints[4_000] = {
      ...{ frame: 80_020, title: "encode|copy", ok: false },
      detail: `frame 80020 does not show what its source shows, ${"and more of it, ".repeat(12)}`,
    };
    const checks = Array.from({ length: 2_500 }, (_, i) => ({
      ...{ ...row, frame: null, title: `copy of frames ${i * 40}–${i * 40 + 19}` },
    }));
    const verified = { ok: false, frames: 100_020, checks, joints };
    const result = { ...job.state.result, frames: 100_020, verified };
    fake.emit({ kind: "job", job: { ...job, state: { kind: "done", result } } });
  });
  await id(page, "open-verification").focus();
  const begun = Date.now();
  await page.keyboard.press("Enter");
  await eventually(async () => expect(await focused(page)).toBe("Joints"));
  expect(Date.now() - begun).toBeLessThan(2_000);
  expect(await page.locator("[role=dialog] tr").count()).toBeLessThan(120);
  // The first that is not as planned is seen at once.
  await id(page, "joint-row").getByText("4,001", { exact: true }).waitFor();
  await page.keyboard.press("End");
  await id(page, "joint-row").getByText("5,000", { exact: true }).waitFor();
  await shoot(page, "verification-many");
  await page.keyboard.press("Home");
  await id(page, "joint-row").getByText("00:00:20", { exact: false }).first().waitFor();
  await id(page, "only-faults").click();
  await eventually(async () => expect(await id(page, "joint-row").count()).toBe(1));
  await page.getByText("Every check is as planned.").waitFor();
  // What is too long for the row stands below in full.
  expect(await id(page, "joint-row-detail").textContent()).toContain("frame 80020 does not show");
  await shoot(page, "verification-many-faults");
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await id(page, "verification").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

it("says that a file was not checked, and compiles it again", async () => {
  const { page } = await open("edit");
  await compile(page);
  await page.evaluate(async () => {
    const fake = window.stringoutFake;
    const job = (await fake?.call("desk_view", {}))?.jobs[0];
    if (!fake || job?.state.kind !== "done" || job.state.result.kind !== "compiled") return;
    const result = { ...job.state.result, verified: null };
    fake.emit({ kind: "job", job: { ...job, state: { kind: "done", result } } });
  });
  await page.keyboard.press("Control+k");
  await page.keyboard.type("all checks");
  await page.keyboard.press("Enter");
  await id(page, "verification-unchecked").waitFor();
  await page.waitForTimeout(200);
  await shoot(page, "verification-unchecked");
  expect(await axeFaults(page)).toEqual([]);
  await id(page, "verification-compile").click();
  await id(page, "compile-running").waitFor();
  await id(page, "open-verification").click();
  await id(page, "verdict").getByText("Verified").waitFor();
  await page.waitForTimeout(200);
  await shoot(page, "verification-good");
  expect(await axeFaults(page)).toEqual([]);
});
