import { validateCmcdEvents } from "@svta/cml-cmcd";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ascii, type ReportContext, Reports } from "./report";

const NOW = 1_795_348_800_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

const CONTEXT: ReportContext = {
  url: "/cmcd",
  prefix: "com.stringout",
  sid: "9b7f4a56-1d7c-4a1f-8e33-0123456789ab",
  cid: "5b2f3c04-4b39-5a0e-9f0d-1d7c6a1f2e33",
  came: "qr",
  code: "7K3M9QXA2BCD",
  placement: "lobby",
  durationMs: 12_000,
  touch: true,
  reduced: false,
};

function reports(context: Partial<ReportContext> = {}) {
  const lines: string[] = [];
  let watched = 0;
  const made = new Reports(
    { ...CONTEXT, ...context },
    () => {
      watched += 400;
      return { positionMs: watched + 0.4, watchedMs: 400, watchedInAllMs: watched };
    },
    (line) => lines.push(line) > 0,
  );
  return { made, lines };
}

const OWN =
  'com.stringout-code="7K3M9QXA2BCD",com.stringout-dur=12000,com.stringout-place="lobby",com.stringout-src="qr",com.stringout-touch';
const CID = `cid="${CONTEXT.cid}"`;
const SID = `sid="${CONTEXT.sid}"`;

describe("a report", () => {
  it("of a scan", () => {
    const { made, lines } = reports();
    made.scanned();
    expect(lines).toEqual([
      `cen="qr-scan",${CID},${OWN},com.stringout-wd=400,com.stringout-wt=400,e=ce,pt=400,sf=o,${SID},sn=0,st=v,ts=${NOW},v=2`,
    ]);
  });

  it("of a state is made once per change, with the start delay once per session", () => {
    const { made, lines } = reports();
    made.state("d");
    made.state("s");
    made.startDelay(120.6);
    made.state("p");
    made.state("p");
    made.state("a");
    made.state("p");
    const seen = lines.map((line) => /(?:msd=(\d+).*)?sn=(\d+).*sta=(\w)/.exec(line)?.slice(1));
    expect(seen).toEqual([
      [undefined, "0", "d"],
      [undefined, "1", "s"],
      ["121", "2", "p"],
      [undefined, "3", "a"],
      [undefined, "4", "p"],
    ]);
  });

  it("carries a stall once", () => {
    const { made, lines } = reports();
    made.state("r");
    made.stalled(733.2);
    made.state("p");
    made.state("a");
    expect(lines.map((line) => line.includes("bsd=(733)"))).toEqual([false, true, false]);
  });

  it("comes at intervals only while asked for", () => {
    const { made, lines } = reports();
    made.every(10);
    vi.advanceTimersByTime(4_000);
    made.every(10);
    vi.advanceTimersByTime(21_000);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(",e=t,");
    made.every(0);
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(2);
  });

  it("says when the page goes and comes back", () => {
    const { made, lines } = reports();
    made.background(true);
    made.background(false);
    expect(lines[0]).toMatch(/^bg,.*,e=b,/);
    expect(lines[1]).toMatch(/^bg=\?0,.*,e=b,/);
  });

  it("is valid CMCD version 2 in all its kinds", () => {
    const { made, lines } = reports({ placement: 'Säule "3" \\ Ost' });
    made.scanned();
    made.state("s");
    made.startDelay(9);
    made.state("p");
    made.stalled(5);
    made.state("r");
    made.every(1);
    vi.advanceTimersByTime(1_000);
    made.background(true);
    made.error("media-3");
    made.state("f");
    expect(lines).toHaveLength(8);
    const { issues } = validateCmcdEvents(lines.join("\n"));
    // CTA-5004 itself has numbers in keys of one's own (com.example-myNumericKey=500).
    const wrong = issues.filter(({ message }) => !/^Custom key .* string or token/.test(message));
    expect(wrong).toEqual([]);
  });
});

describe("a viewer who asks not to be tracked", () => {
  it("is counted by play states alone, without any key of ours", () => {
    const { made, lines } = reports({ reduced: true });
    made.scanned();
    made.state("s");
    made.startDelay(120);
    made.state("p");
    made.stalled(5);
    made.every(1);
    vi.advanceTimersByTime(5_000);
    made.background(true);
    made.error("media-3");
    expect(lines).toEqual([
      `${CID},e=ps,sf=o,${SID},sn=0,st=v,sta=s,ts=${NOW},v=2`,
      `${CID},e=ps,sf=o,${SID},sn=1,st=v,sta=p,ts=${NOW},v=2`,
    ]);
  });
});

it("a link has no code", () => {
  const { made, lines } = reports({
    came: "link",
    code: null,
    placement: null,
    durationMs: null,
    touch: false,
  });
  made.state("s");
  expect(lines[0]).toContain('com.stringout-src="link"');
  expect(lines[0]).not.toMatch(/-code|-place|-dur|-touch/);
});

it("a collector that wants no more gets no more", async () => {
  const lines: string[] = [];
  const made = new Reports(
    CONTEXT,
    () => ({ positionMs: 0, watchedMs: 0, watchedInAllMs: 0 }),
    (line) => {
      lines.push(line);
      return false;
    },
  );
  made.state("d");
  await vi.advanceTimersByTimeAsync(0);
  made.state("s");
  expect(lines).toHaveLength(1);
});

it("words of any language fit a structured-field string", () => {
  expect(ascii("lobby, 3rd floor")).toBe("lobby, 3rd floor");
  expect(ascii("Säule 100%")).toBe("S%C3%A4ule 100%25");
  expect(ascii("\ud800x")).toBe("x");
  expect(ascii("入口".repeat(20))).toBe(encodeURIComponent("入口".repeat(20)).slice(0, 63));
});
