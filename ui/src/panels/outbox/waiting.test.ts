import { describe, expect, it } from "vitest";
import type { OutboxItem, WorkspaceView } from "../../backend/generated";
import { emptyWords, outboxLine, waitingWords } from "./waiting";

function item(state: string, waitingFor: string | null = null, attempts = 0): OutboxItem {
  return {
    id: "1",
    title: "Upload Promo.mp4",
    state,
    waitingFor,
    attempts,
    error: null,
    conflict: false,
    doneBytes: null,
    totalBytes: null,
  };
}

const workspace: WorkspaceView = {
  name: "w",
  dir: "/w",
  version: "0.1.0",
  stores: [],
  connections: [],
  offlineSince: null,
  playBase: "",
  playLocal: true,
  playProblem: null,
  mediaBytes: 0,
  freeBytes: 0,
  credits: null,
};

describe("waitingWords", () => {
  it("says why it waits and how often it was tried", () => {
    expect(waitingWords(item("waiting", "network", 3))).toEqual({
      tone: "warn",
      word: "Waiting",
      why: "Waits for the network, tried 3 times",
    });
    expect(waitingWords(item("waiting", "The uploaded object")).why).toBe("The uploaded object");
    expect(waitingWords(item("sending", null, 1))).toEqual({
      tone: "busy",
      word: "Sending",
      why: "tried once",
    });
    expect(waitingWords(item("pending")).word).toBe("In line");
  });
  it("asks for a decision where none can be made here", () => {
    expect(waitingWords(item("dead", null, 1))).toMatchObject({
      tone: "error",
      why: "The remote refused it, tried once",
    });
  });
});

describe("outboxLine", () => {
  it("counts what waits apart from what needs someone", () => {
    expect(outboxLine([])).toBe("empty");
    expect(outboxLine([item("waiting"), item("pending"), item("dead")])).toBe(
      "2 waiting, 1 needs a decision",
    );
    expect(outboxLine([item("dead"), item("dead")])).toBe("2 need a decision");
  });
});

describe("emptyWords", () => {
  it("tells a workspace without a store from one that is done", () => {
    expect(emptyWords(workspace).title).toBe("Nothing leaves this machine");
    expect(emptyWords({ ...workspace, stores: ["vast"] })).toEqual({
      title: "Everything has arrived",
      text: "Nothing waits for vast.",
    });
  });
});
