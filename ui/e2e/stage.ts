/** A browser, pages in it, and what every test asks of them. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";
import type { Scenario } from "../src/backend/fake/scenario";
import { BLOCK_ROW, BLOCKS } from "../src/backend/fake/scenes";

/** The window of the design. */
export const REFERENCE = { width: 1600, height: 1000 };

const PATHS = [
  process.env.STRINGOUT_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** A page that was opened, with all it complained about. */
export interface Opened {
  page: Page;
  /** Errors and broken rules of the policy, as the browser words them. */
  complaints: string[];
}

/** Starts a browser for the tests of a file; answers how to open pages in it. */
export function inBrowser() {
  let browser: Browser | undefined;

  beforeAll(async () => {
    const executablePath = PATHS.find((path) => path !== "" && existsSync(path));
    if (!executablePath) throw new Error("no Chromium found; name it in STRINGOUT_CHROMIUM");
    const root = process.getuid?.() === 0;
    browser = await chromium.launch({ executablePath, chromiumSandbox: !root });
  });

  afterAll(async () => browser?.close());

  return async (scenario: Scenario, size = REFERENCE): Promise<Opened> => {
    if (!browser) throw new Error("the browser has not started");
    const context = await browser.newContext({ viewport: size, reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (line) => {
      if (line.type() === "error") complaints.push(line.text());
    });
    await page.goto(`${inject("origin")}/?scenario=${scenario}`);
    if (scenario !== "loading") await id(page, "statusbar").waitFor();
    return { page, complaints };
  };
}

export function id(page: Page | Locator, name: string): Locator {
  return page.getByTestId(name);
}

/** Waits until an expectation holds. */
export function eventually(check: () => Promise<void>): Promise<void> {
  return expect.poll(async () => settle(check), { timeout: 10_000, interval: 50 }).toBe("held");
}

async function settle(check: () => Promise<void>): Promise<string> {
  try {
    await check();
    return "held";
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** The number the read-out of a monitor shows. */
export async function readOut(page: Page, monitor: "source" | "record"): Promise<number> {
  return Number(await id(page, `frame-${monitor}`).textContent());
}

/** The number that is in the pixels of a monitor's picture: its row of blocks, as it is seen. */
export async function drawnNumber(page: Page, monitor: "source" | "record"): Promise<number> {
  const canvas = id(page, `monitor-${monitor}`).locator("canvas").first();
  const box = await canvas.boundingBox();
  if (!box) throw new Error(`no picture in ${monitor}`);
  const picture = (await page.screenshot({ clip: box })).toString("base64");
  return page.evaluate(
    async ({ picture, blocks, row }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      const { width, height } = image;
      const canvas = new OffscreenCanvas(width, height);
      const pen = canvas.getContext("2d");
      if (!pen) throw new Error("no canvas");
      pen.drawImage(image, 0, 0);
      const y = Math.round(height * (1 - row / 2));
      let number = 0;
      for (let i = 0; i < blocks; i += 1) {
        const [red = 0] = pen.getImageData(Math.round(((i + 0.5) * width) / blocks), y, 1, 1).data;
        number = number * 2 + (red > 127 ? 1 : 0);
      }
      return number;
    },
    { picture, blocks: BLOCKS, row: BLOCK_ROW },
  );
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Serious faults for people who use other senses and devices, in words. */
export async function axeFaults(page: Page): Promise<string[]> {
  // Run in the page's own world: the policy allows no script that is not served with it.
  const { readFile } = await import("node:fs/promises");
  await page.evaluate(await readFile(axePath, "utf8"));
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: {
            id: string;
            impact: string;
            nodes: { html: string; failureSummary: string }[];
          }[];
        }>;
      };
    };
    const { violations } = await axe.run({ resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id: rule, nodes }) =>
        nodes
          .slice(0, 5)
          .map((node) => `${rule}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
      );
  });
}

/** Keeps a picture of the page where `STRINGOUT_SHOTS` says; nowhere when it says nothing. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.STRINGOUT_SHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
