import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Pull, pullFrames } from "./pull";
import { frameBytes } from "./sample";

const WANTED = { format: "jpeg", width: 640, height: 360 } as const;

function picture(seq: number): ArrayBuffer {
  return frameBytes({ format: "jpeg", width: 2, height: 2, strides: [0, 0], seq });
}

describe("pulling pictures", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks only with credit and a wanted picture, behind the last one", async () => {
    const pull = vi.fn<Pull>(async (_, after) => picture(after + 5));
    const seen: ArrayBuffer[] = [];
    const loop = pullFrames(pull, (bytes) => seen.push(bytes));
    loop.credit(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(pull).not.toHaveBeenCalled();
    loop.configure(WANTED);
    await vi.advanceTimersByTimeAsync(1000);
    expect(pull.mock.calls).toEqual([
      [WANTED, 0],
      [WANTED, 5],
    ]);
    expect(seen).toHaveLength(2);
    loop.credit(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(pull).toHaveBeenLastCalledWith(WANTED, 10);
    loop.close();
  });

  it("asks again from the start when another size is wanted", async () => {
    const pull = vi.fn<Pull>(async () => picture(9));
    const loop = pullFrames(pull, () => {});
    loop.configure(WANTED);
    loop.credit(1);
    await vi.advanceTimersByTimeAsync(10);
    loop.configure({ ...WANTED, width: 320 });
    loop.credit(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(pull).toHaveBeenLastCalledWith({ ...WANTED, width: 320 }, 0);
    loop.close();
  });

  it("does not spin on empty answers and keeps its credit", async () => {
    const pull = vi.fn<Pull>(async () => new ArrayBuffer(0));
    const onFrame = vi.fn();
    const loop = pullFrames(pull, onFrame);
    loop.configure(WANTED);
    loop.credit(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(pull.mock.calls.length).toBeGreaterThan(10);
    expect(pull.mock.calls.length).toBeLessThan(30);
    expect(onFrame).not.toHaveBeenCalled();
    loop.close();
  });

  it("waits longer after each failure and recovers", async () => {
    let broken = true;
    const pull = vi.fn<Pull>(async () => {
      if (broken) throw new Error("no");
      return picture(1);
    });
    const onFrame = vi.fn();
    const loop = pullFrames(pull, onFrame);
    loop.configure(WANTED);
    loop.credit(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(pull.mock.calls.length).toBeLessThan(8);
    broken = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(onFrame).toHaveBeenCalledTimes(1);
    loop.close();
  });

  it("says nothing after it was closed", async () => {
    const answers: Array<(bytes: ArrayBuffer) => void> = [];
    const pull: Pull = () => new Promise((resolve) => answers.push(resolve));
    const onFrame = vi.fn();
    const loop = pullFrames(pull, onFrame);
    loop.configure(WANTED);
    loop.credit(2);
    loop.close();
    for (const answer of answers) answer(picture(1));
    await vi.advanceTimersByTimeAsync(5000);
    expect(answers).toHaveLength(1);
    expect(onFrame).not.toHaveBeenCalled();
  });
});
