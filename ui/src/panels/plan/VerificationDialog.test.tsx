// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Backend, use } from "../../backend/backend";
import type { JobView, JointView, VerifiedView } from "../../backend/generated";
import { action, perform } from "../../keymap/actions";
import { listenForKeys } from "../../keymap/listen";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import type { Compiled } from "./phase";
import { VerificationDialog } from "./VerificationDialog";

const asked: { command: string; args: unknown }[] = [];

use({
  call: async (command: string, args: unknown) => {
    asked.push({ command, args });
    return command === "monitor_transport" ? useDesk.getState().record : null;
  },
} as unknown as Backend);

function joint(frame: number | null, title: string, detail = ""): JointView {
  return { frame, title, ok: detail === "", detail: detail || "fits" };
}

const FOUND: VerifiedView = {
  ok: false,
  frames: 99,
  checks: [joint(null, "frames", "99 in the file, 100 planned"), joint(null, "times")],
  joints: [
    joint(0, "end|encode"),
    joint(18, "encode|copy", "frame 18 does not decode"),
    joint(60, "copy|copy"),
    joint(100, "copy|end"),
  ],
};

const FILE: Compiled = {
  kind: "compiled",
  file: "Promo.mp4",
  folder: "/w/compiled",
  kept: true,
  sha256: `9c41e7a033bd${"0".repeat(48)}61f8`,
  planHash: "a6d664c931b6",
  revision: 4,
  frames: 100,
  copiedFrames: 82,
  encodedFrames: 18,
  bytes: 2_000_000,
  verified: FOUND,
};

let root: Root;
let stopKeys: () => void;

function all(testId: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)];
}

function at(testId: string): HTMLElement {
  const [element] = all(testId);
  if (!element) throw new Error(`no ${testId}`);
  return element;
}

function made(verified: VerifiedView | null, over: Partial<Compiled> = {}): JobView {
  return {
    id: "c1",
    kind: "compile",
    title: "Compile Promo",
    state: { kind: "done", result: { ...FILE, verified, ...over } },
    progress: null,
    started: "2026-11-22T17:04:10Z",
    elapsedMs: 2000,
    cancellable: false,
  };
}

async function know(...jobs: JobView[]): Promise<void> {
  await act(async () => useDesk.setState({ jobs }));
}

async function openIt(): Promise<boolean> {
  let could = false;
  await act(async () => {
    could = perform("verification.open");
  });
  return could;
}

async function click(testId: string, index = 0): Promise<void> {
  await act(async () => all(testId)[index]?.click());
}

async function strike(key: string): Promise<void> {
  const target = document.querySelector("[aria-label=Joints][role=grid]") ?? document.body;
  await act(async () => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
}

const seeks = () => asked.filter(({ command }) => command === "monitor_transport");

beforeAll(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
});

beforeEach(async () => {
  asked.length = 0;
  useDesk.setState(useDesk.getInitialState(), true);
  useView.setState(useView.getInitialState(), true);
  const { sequence, record } = useDesk.getState();
  const frameRate = { numerator: 25, denominator: 1 };
  useDesk.setState({
    ready: true,
    sequence: { ...sequence, revision: 4, frameRate, frames: 100, startFrame: 900_000 },
    record: { ...record, state: "ready", frames: 100 },
  });
  stopKeys = listenForKeys();
  const place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
  await act(async () =>
    root.render(
      <MantineProvider env="test">
        <VerificationDialog />
      </MantineProvider>,
    ),
  );
});

afterEach(async () => {
  await act(async () => root.unmount());
  stopKeys();
  document.body.replaceChildren();
});

describe("the report of a file", () => {
  it("can be opened once a file was compiled", async () => {
    expect(action("verification.open").when()).toBe(false);
    expect(await openIt()).toBe(false);
    await know(made(FOUND));
    expect(all("verification")).toHaveLength(0);
    expect(await openIt()).toBe(true);
    const dialog = document.querySelector("[role=dialog][aria-modal=true]");
    expect(dialog?.textContent).toContain("Verification");
  });

  it("says the verdict, which file it is, and what was found in all", async () => {
    await know(made(FOUND));
    await openIt();
    expect(at("verdict").textContent).toBe("Not as planned");
    const text = at("verification").textContent;
    for (const part of [
      "2 checks and 4 joints, 2 not as planned",
      "Promo.mp4",
      "99 counted of 100 planned",
      "82 frames, 82.0 %",
      "18 frames, 18.0 %",
      "a6d6 64c9 31b6",
    ]) {
      expect(text).toContain(part);
    }
    expect(at("verification-sha256").dataset.full).toBe(FILE.sha256);
  });

  it("lists every check and joint in words", async () => {
    await know(made(FOUND));
    await openIt();
    const checks = all("check-row").map((row) => row.textContent);
    expect(checks[0]).toBe("FramesNot as planned99 in the file, 100 planned");
    expect(checks[1]).toBe("TimesAs plannedfits");
    const joints = all("joint-row").map((row) => row.textContent);
    expect(joints[0]).toBe("Start10:00:00:000Start|Re-encodedAs plannedfits");
    expect(joints[1]).toContain("10:00:00:1818Re-encoded|CopiedNot as planned");
    expect(joints[3]).toContain("End10:00:04:00");
    expect(all("no-joints")).toHaveLength(0);
  });

  it("shows only what is not as planned when asked to", async () => {
    await know(made(FOUND));
    await openIt();
    await click("only-faults");
    expect(at("only-faults").getAttribute("aria-pressed")).toBe("true");
    expect(all("check-row")).toHaveLength(1);
    expect(all("joint-row")).toHaveLength(1);
    expect(at("joint-count").textContent).toBe("1 of 4 joints");
    const good = {
      ...FOUND,
      ok: true,
      checks: [joint(null, "times")],
      joints: [joint(60, "copy|copy")],
    };
    await know(made(good));
    expect(at("no-faulty-joints").textContent).toBe("Every joint is as planned.");
  });

  it("copies the report as JSON", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await know(made(FOUND));
    await openIt();
    await click("copy-report");
    const text = write.mock.calls[0]?.[0] ?? "";
    expect(JSON.parse(text)).toEqual({ file: FILE.file, sha256: FILE.sha256, verified: FOUND });
  });
});

describe("a joint", () => {
  it("is shown in the record monitor by a click, at the frame before it", async () => {
    useView.setState({ view: "sheets" });
    await know(made(FOUND));
    await openIt();
    await click("joint-row", 2);
    const args = { monitor: "record", transport: { kind: "seek", frame: 59 } };
    expect(seeks()).toEqual([{ command: "monitor_transport", args }]);
    const now = { verificationOpen: false, view: "edit", focus: "record" };
    expect(useView.getState()).toMatchObject(now);
  });

  it("is reached by keys, first the one that is not as planned", async () => {
    await know(made(FOUND));
    await openIt();
    const selected = () => document.querySelector("[data-testid=joint-row].sel")?.textContent;
    expect(selected()).toContain("frame 18 does not decode");
    for (const [key, begin] of [
      ["ArrowDown", "2"],
      ["End", "End"],
      ["Home", "Start"],
      ["ArrowUp", "Start"],
    ] as const) {
      await strike(key);
      expect(selected()?.startsWith(begin), key).toBe(true);
    }
    await strike("Enter");
    expect(seeks()[0]?.args).toMatchObject({ transport: { frame: 0 } });
  });

  it("is one of few in the page where there are 5,000", async () => {
    const joints = Array.from({ length: 5_000 }, (_, i) => joint(i + 1, "copy|copy"));
    await know(made({ ...FOUND, joints }, { frames: 6_000 }));
    await openIt();
    expect(all("joint-row").length).toBeLessThan(60);
    expect(at("joint-count").textContent).toBe("5,000 joints");
  });

  it("leads nowhere once the sequence has changed", async () => {
    await know(made(FOUND, { revision: 3 }));
    await openIt();
    expect(at("verification-stale").textContent).toContain("earlier edit");
    await click("joint-row", 1);
    await strike("Enter");
    expect(seeks()).toEqual([]);
    expect(useView.getState().verificationOpen).toBe(true);
  });
});

describe("a report with nothing in it", () => {
  it("says that the file was not checked and compiles it again", async () => {
    await know(made(null));
    await openIt();
    expect(at("verdict").textContent).toBe("Not checked");
    expect(at("verification-unchecked").textContent).toContain("Compile again");
    expect(all("copy-report")).toHaveLength(0);
    const clips = [{}] as ReturnType<typeof useDesk.getState>["sequence"]["clips"];
    useDesk.setState({ sequence: { ...useDesk.getState().sequence, clips } });
    useView.setState({ compileOpen: true });
    await click("verification-compile");
    expect(useView.getState().verificationOpen).toBe(false);
    expect(asked.map(({ command }) => command)).toContain("compile_start");
  });

  it("says that a file of one piece has no joint inside", async () => {
    await know(
      made({ ...FOUND, ok: true, joints: [joint(0, "end|copy"), joint(100, "copy|end")] }),
    );
    await openIt();
    expect(at("no-joints").textContent).toContain("no joint inside");
    expect(all("joint-row")).toHaveLength(2);
  });
});

describe("the dialog", () => {
  it("is closed by Escape, which closes nothing else", async () => {
    useView.setState({ compileOpen: true });
    await know(made(FOUND));
    await openIt();
    await strike("Escape");
    expect(useView.getState()).toMatchObject({ verificationOpen: false, compileOpen: true });
    expect(all("verification")).toHaveLength(0);
  });

  it("goes when its file is put away", async () => {
    await know(made(FOUND));
    await openIt();
    await know();
    expect(useView.getState().verificationOpen).toBe(false);
  });
});
