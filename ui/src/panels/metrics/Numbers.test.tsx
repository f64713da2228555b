// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../../backend/backend";
import type { CompilationView, MetricsView } from "../../backend/generated";
import { Numbers } from "./Numbers";
import { REFRESH_MS } from "./useMetrics";

const COMPILATION: CompilationView = {
  id: "c",
  title: "Promo",
  playUrl: "",
  objectUrl: "",
  sha256: "",
  planHash: null,
  created: "2026-11-22T17:00:00Z",
};

const UNKNOWN: MetricsView = {
  compilationId: "c",
  range: "24h",
  sessionViews: null,
  mobilePercent: null,
  qrScans: null,
  watchSeconds: null,
  avgWatchSeconds: null,
  completion: null,
  asOf: null,
  source: "local",
  stale: null,
  sessions: null,
  startupP50Ms: null,
  startupP95Ms: null,
  rebufferPercent: null,
  errorPercent: null,
  nowPlaying: null,
  changes: [],
  series: [],
  retention: null,
  shots: [],
  placements: null,
  devices: null,
  countries: null,
  cannot: [],
};

/** What the program answers next; a failure is thrown. */
let answer: () => MetricsView;
const ranges: string[] = [];

use({
  call: async (command: string, args: { range: string }) => {
    if (command !== "metrics") return [];
    ranges.push(args.range);
    return answer();
  },
} as unknown as Backend);

let root: Root;

function text(testId: string): string {
  return document.querySelector(`[data-testid="${testId}"]`)?.textContent ?? "";
}

async function show(): Promise<void> {
  await act(async () =>
    root.render(
      <MantineProvider>
        <Numbers compilation={COMPILATION} />
      </MantineProvider>,
    ),
  );
}

async function later(ms: number): Promise<void> {
  await act(async () => vi.advanceTimersByTimeAsync(ms));
}

beforeAll(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
});

beforeEach(() => {
  vi.useFakeTimers();
  ranges.length = 0;
  answer = () => UNKNOWN;
  const place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
});

afterEach(async () => {
  await act(async () => root.unmount());
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("the numbers", () => {
  it("says that nothing is known rather than zero", async () => {
    await show();
    expect(text("metric-session-views-value")).toBe("—");
    expect(text("as-of")).toContain("Not known yet");
  });

  it("rise while they are looked at, and stop when they are not", async () => {
    let views = 0;
    answer = () => {
      views += 1;
      return { ...UNKNOWN, sessionViews: views, asOf: "2026-11-22T17:02:38Z" };
    };
    await show();
    expect(text("metric-session-views-value")).toBe("1");
    await later(REFRESH_MS);
    expect(text("metric-session-views-value")).toBe("2");
    await act(async () => root.render(null));
    await later(3 * REFRESH_MS);
    expect(views).toBe(2);
  });

  it("keeps the last values with their age when a question fails", async () => {
    answer = () => ({ ...UNKNOWN, qrScans: 941, asOf: "2026-11-22T17:02:38Z" });
    await show();
    answer = () => {
      throw { code: "SO-STORE-001", title: "t", detail: "d", hint: "h", retryable: true };
    };
    await later(REFRESH_MS);
    expect(text("metric-qr-scans-value")).toBe("941");
    expect(text("as-of")).toMatch(/ago|now/);
    expect(text("failure-note")).toContain("SO-STORE-001");
  });

  it("asks for the range that is chosen", async () => {
    await show();
    const week = [...document.querySelectorAll("button")].find((one) => one.textContent === "7 d");
    await act(async () => week?.click());
    expect(ranges).toEqual(["24h", "7d"]);
  });
});
