import { describe, expect, it } from "vitest";
import { ACTIONS } from "./actions";
import { keyCaps, keyWords, strokeText } from "./keys";

const plain = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };

describe("strokes", () => {
  it.each([
    [{ ...plain, key: "j" }, "J"],
    [{ ...plain, key: "J", shiftKey: true }, "Shift+J"],
    [{ ...plain, key: " " }, "Space"],
    [{ ...plain, key: "?", shiftKey: true }, "?"],
    [{ ...plain, key: "ArrowLeft", shiftKey: true }, "Shift+ArrowLeft"],
    [{ ...plain, key: "Enter", ctrlKey: true }, "Ctrl+Enter"],
    [{ ...plain, key: "Enter", metaKey: true }, "Ctrl+Enter"],
    [{ ...plain, key: "z", ctrlKey: true, shiftKey: true }, "Ctrl+Shift+Z"],
    [{ ...plain, key: "x", altKey: true }, "Alt+X"],
    [{ ...plain, key: "+", shiftKey: true }, "+"],
  ])("%j is %s", (stroke, text) => expect(strokeText(stroke)).toBe(text));

  it("draws caps", () => {
    expect(keyCaps("Ctrl+Enter")).toEqual(["Ctrl", "↵"]);
    expect(keyCaps("+")).toEqual(["+"]);
    expect(keyWords("Shift+ArrowLeft")).toBe("Shift+←");
  });
});

describe("the list of actions", () => {
  it("has each id and each title once", () => {
    expect(new Set(ACTIONS.map((one) => one.id)).size).toBe(ACTIONS.length);
    expect(new Set(ACTIONS.map((one) => one.title)).size).toBe(ACTIONS.length);
  });

  it("gives no key to two actions", () => {
    const keys = ACTIONS.flatMap((one) => one.keys);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });
});
