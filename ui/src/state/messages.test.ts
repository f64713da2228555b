import { beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../backend/backend";
import { failuresOf, failureText, useMessages } from "./messages";

const failure = {
  code: "SO-X-1",
  title: "It was not done",
  detail: "Frame 7",
  hint: "Try again",
  retryable: true,
};

beforeEach(() => useMessages.setState({ messages: [] }));

describe("messages", () => {
  it("counts a failure that happens again", () => {
    const { fail } = useMessages.getState();
    fail(failure);
    fail({ ...failure });
    fail({ ...failure, detail: "Frame 8" });
    const { messages } = useMessages.getState();
    expect(failuresOf(messages).map(({ times }) => times)).toEqual([2, 1]);
  });

  it("says a notice once and forgets it when told", () => {
    const { notice, dismiss } = useMessages.getState();
    notice("Copied");
    notice("Copied");
    const { messages } = useMessages.getState();
    expect(messages).toHaveLength(1);
    dismiss(messages[0]?.id ?? -1);
    expect(useMessages.getState().messages).toEqual([]);
  });

  it("never grows without end", () => {
    for (let i = 0; i < 100; i += 1) useMessages.getState().notice(`${i}`);
    expect(useMessages.getState().messages).toHaveLength(20);
  });

  it("makes text for somebody else", () => {
    expect(failureText(failure)).toBe("SO-X-1 It was not done\nFrame 7\nTry again");
  });
});

describe("what was thrown", () => {
  it("stays a failure when it is one", () => {
    expect(failureOf(failure)).toBe(failure);
  });

  it.each([new Error("no answer"), "no answer", { code: 7 }, null])("is put in words: %s", (it) => {
    expect(failureOf(it).code).toBe("SO-UI-001");
  });
});
