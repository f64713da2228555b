import { describe, expect, it } from "vitest";
import { framesToMs, parseTimecode, rateWords, secondsAndFrames, timecode } from "./timecode";

const PAL = { numerator: 25, denominator: 1 };
const NTSC = { numerator: 30000, denominator: 1001 };
const NTSC60 = { numerator: 60000, denominator: 1001 };
const FILM = { numerator: 24000, denominator: 1001 };

describe("timecode without drop-frame", () => {
  it.each([
    [0, "00:00:00:00"],
    [24, "00:00:00:24"],
    [25, "00:00:01:00"],
    [90_000, "01:00:00:00"],
    [900_000, "10:00:00:00"],
    [2_249_999, "24:59:59:24"],
    [-26, "-00:00:01:01"],
  ])("frame %i is %s", (frame, text) => expect(timecode(frame, PAL)).toBe(text));

  it("counts film at 24 without leaving numbers out", () => {
    expect(timecode(24 * 60, FILM)).toBe("00:01:00:00");
  });

  it("counts at 25 where the rate varies", () => {
    expect(timecode(50, null)).toBe("00:00:02:00");
  });
});

/** SMPTE ST 12-1: numbers 0 and 1 are left out at each minute but the tenth. */
const DROP_TABLE: [number, string][] = [
  [0, "00:00:00;00"],
  [29, "00:00:00;29"],
  [1_799, "00:00:59;29"],
  [1_800, "00:01:00;02"],
  [3_597, "00:01:59;29"],
  [3_598, "00:02:00;02"],
  [17_981, "00:09:59;29"],
  [17_982, "00:10:00;00"],
  [17_983, "00:10:00;01"],
  [19_781, "00:10:59;29"],
  [19_782, "00:11:00;02"],
  [107_892, "01:00:00;00"],
  [2_589_407, "23:59:59;29"],
];

describe("timecode with drop-frame", () => {
  it.each(DROP_TABLE)("frame %i is %s", (frame, text) => {
    expect(timecode(frame, NTSC)).toBe(text);
    expect(parseTimecode(text, NTSC, 0)).toBe(frame);
  });

  it("leaves four numbers out at twice the rate", () => {
    expect(timecode(3_599, NTSC60)).toBe("00:00:59;59");
    expect(timecode(3_600, NTSC60)).toBe("00:01:00;04");
    expect(timecode(35_964, NTSC60)).toBe("00:10:00;00");
  });

  it("gives each of 40 minutes of frames its own rising number", () => {
    let before = "";
    for (let frame = 0; frame < 72_000; frame += 1) {
      const text = timecode(frame, NTSC);
      if (!(text > before)) throw new Error(`frame ${frame}: ${text} after ${before}`);
      before = text;
    }
  });

  it("refuses a number that does not exist", () => {
    expect(parseTimecode("00:01:00;01", NTSC, 0)).toBeNull();
    expect(parseTimecode("00:10:00;01", NTSC, 0)).toBe(17_983);
  });
});

describe("typed timecode", () => {
  it.each([
    ["+10", 110],
    ["-10", 90],
    ["-500", 0],
    ["1015", 265],
    ["5", 5],
    ["01:00:10:12", 90_262],
    ["10:12", 262],
    ["1.0.0", 1_500],
  ])("%s is frame %i", (text, frame) => expect(parseTimecode(text, PAL, 100)).toBe(frame));

  it.each(["", "x", "00:00:00:25", "00:00:60:00", "00:60:00:00", "1:2:3:4:5", "+", "1-2"])(
    "%j is none",
    (text) => expect(parseTimecode(text, PAL, 100)).toBeNull(),
  );
});

describe("words", () => {
  it("says seconds and frames", () => {
    expect(secondsAndFrames(892, PAL)).toBe("35 s 17 f");
    expect(secondsAndFrames(17, PAL)).toBe("17 f");
    expect(secondsAndFrames(50, PAL)).toBe("2 s");
  });

  it("says the rate", () => {
    expect(rateWords(PAL)).toBe("25 fps");
    expect(rateWords(NTSC)).toBe("29.97 fps");
    expect(rateWords(null)).toBe("varying rate");
    expect(rateWords({ numerator: 25, denominator: 0 })).toBe("varying rate");
  });

  it("knows how long frames last", () => {
    expect(framesToMs(30_000, NTSC)).toBe(1_001_000);
  });
});
