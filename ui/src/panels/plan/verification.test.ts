import { describe, expect, it } from "vitest";
import type { JointView, VerifiedView } from "../../backend/generated";
import type { Compiled } from "./phase";
import { rowsAt, scrollFor } from "./rowsInView";
import {
  checkRows,
  foundLine,
  frameBefore,
  innerJoints,
  jointRows,
  noJointsLine,
  reportJson,
  sidesOf,
  sidesWords,
  verdictOf,
  wantedRows,
} from "./verification";

function joint(frame: number | null, title: string, ok = true): JointView {
  return { frame, title, ok, detail: ok ? "fits" : "does not decode" };
}

const FOUND: VerifiedView = {
  ok: false,
  frames: 100,
  checks: [joint(null, "frames"), joint(null, "sound ends", false)],
  joints: [
    joint(0, "end|encode"),
    joint(18, "encode|copy", false),
    joint(60, "copy|fill"),
    joint(100, "fill|end"),
  ],
};

function file(verified: VerifiedView | null): Compiled {
  return {
    kind: "compiled",
    file: "Promo.mp4",
    folder: "/w",
    kept: true,
    sha256: "9c41",
    planHash: "a6d6",
    revision: 4,
    frames: 100,
    copiedFrames: 82,
    encodedFrames: 18,
    bytes: 2_000,
    verified,
  };
}

const at = (frame: number) => `T${frame}`;

describe("the verdict", () => {
  it("tells a file that was not checked from one that is not as planned", () => {
    expect(verdictOf(file(null))).toBe("unchecked");
    expect(verdictOf(file(FOUND))).toBe("wrong");
    expect(verdictOf(file({ ...FOUND, ok: true }))).toBe("verified");
  });

  it("counts what was found", () => {
    expect(foundLine(FOUND)).toBe("2 checks and 4 joints, 2 not as planned");
    const good = { ...FOUND, checks: FOUND.checks.slice(0, 1), joints: [] };
    expect(foundLine(good)).toBe("1 check and 0 joints, all as planned");
  });
});

describe("the rows", () => {
  it("number the inner joints and name both ends", () => {
    const rows = jointRows(FOUND, 100, at);
    expect(rows.map(({ name }) => name)).toEqual(["Start", "1", "2", "End"]);
    expect(rows.map(({ timecode }) => timecode)).toEqual(["T0", "T18", "T60", "T100"]);
    expect(rows.map(({ sides }) => sidesWords(sides))).toEqual([
      "Start | Re-encoded",
      "Re-encoded | Copied",
      "Copied | Slate",
      "Slate | End",
    ]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(4);
  });

  it("know both spellings of a joint, and leave what they do not know", () => {
    expect(sidesWords(sidesOf("copy → encode"))).toBe("Copied | Re-encoded");
    expect(sidesWords(sidesOf("start|reference"))).toBe("Start | Referenced");
    expect(sidesWords(sidesOf("bridge|copy"))).toBe("bridge | Copied");
    expect(sidesOf("fill|end")[1]).toEqual({ kind: null, word: "End" });
  });

  it("have no number and no timecode where there is no frame", () => {
    const rows = jointRows({ ...FOUND, joints: [joint(null, "copy|copy")] }, 100, at);
    expect(rows[0]).toMatchObject({ name: "", timecode: "", frame: null });
  });

  it("begin with a capital for checks", () => {
    expect(checkRows(FOUND).map(({ title }) => title)).toEqual(["Frames", "Sound ends"]);
  });

  it("are filtered to what is not as planned", () => {
    const rows = jointRows(FOUND, 100, at);
    expect(wantedRows(rows, true).map(({ name }) => name)).toEqual(["1"]);
    expect(wantedRows(rows, false)).toHaveLength(4);
  });

  it("are made and filtered fast where there are 5,000", () => {
    const joints = Array.from({ length: 5_000 }, (_, i) =>
      joint(i + 1, "copy|encode", i !== 4_000),
    );
    const rows = jointRows({ ...FOUND, joints }, 6_000, at);
    expect(wantedRows(rows, true).map(({ name }) => name)).toEqual(["4,001"]);
  });
});

describe("a file without inner joints", () => {
  const ends = [joint(0, "end|copy"), joint(100, "copy|end")];

  it("is said to be one piece", () => {
    expect(noJointsLine(file(FOUND))).toBeNull();
    expect(innerJoints(file({ ...FOUND, joints: ends }))).toEqual([]);
    expect(noJointsLine(file({ ...FOUND, ok: true, joints: ends }))).toContain("one piece");
    expect(noJointsLine(file({ ...FOUND, ok: true, joints: [] }))).toContain("one piece");
  });

  it("is not said to be one when it could not be read", () => {
    expect(noJointsLine(file({ ...FOUND, joints: [] }))).toBe("No joint was checked.");
  });
});

it("goes to the frame in front of a joint", () => {
  expect([18, 1, 0].map(frameBefore)).toEqual([17, 0, 0]);
});

it("is copied with the file's name and hash, and nothing else", () => {
  expect(JSON.parse(reportJson(file(FOUND)))).toEqual({
    file: "Promo.mp4",
    sha256: "9c41",
    verified: FOUND,
  });
});

describe("rows in view", () => {
  it("are few of many", () => {
    expect(rowsAt(5_000, 0, 280)).toEqual({ first: 0, end: 14 });
    expect(rowsAt(5_000, 28_024, 280)).toEqual({ first: 996, end: 1_015 });
    expect(rowsAt(3, 28_024, 280)).toEqual({ first: 3, end: 3 });
  });

  it("are scrolled to, no further than needed", () => {
    expect(scrollFor(0, 500, 280)).toBe(0);
    expect(scrollFor(5, 0, 280)).toBe(0);
    expect(scrollFor(20, 0, 280)).toBe(24 + 21 * 28 - 280);
    expect(scrollFor(20, 500, 280)).toBe(500);
  });
});
