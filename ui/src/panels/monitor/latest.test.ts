import { describe, expect, it } from "vitest";
import { latest } from "./latest";

/** Delivers one at a time, when the test says so. */
function gate() {
  const seen: number[] = [];
  const waiting: Array<{ done: () => void; failed: (reason: Error) => void }> = [];
  const deliver = (value: number) => {
    seen.push(value);
    return new Promise<void>((done, failed) => waiting.push({ done, failed }));
  };
  const next = async (how: "done" | "failed" = "done") => {
    waiting.shift()?.[how](new Error("refused"));
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { seen, deliver, next };
}

describe("the newest of many values", () => {
  it("is sent when the one before is answered; what came between is left out", async () => {
    const { seen, deliver, next } = gate();
    const values = latest(deliver);
    for (const value of [1, 2, 3, 4]) values.send(value);
    expect(seen).toEqual([1]);
    await next();
    expect(seen).toEqual([1, 4]);
    await next();
    values.send(5);
    expect(seen).toEqual([1, 4, 5]);
  });

  it("goes on after a refusal", async () => {
    const { seen, deliver, next } = gate();
    const values = latest(deliver);
    values.send(1);
    values.send(2);
    await next("failed");
    expect(seen).toEqual([1, 2]);
  });

  it("can be forgotten", async () => {
    const { seen, deliver, next } = gate();
    const values = latest(deliver);
    values.send(1);
    values.send(2);
    values.drop();
    await next();
    expect(seen).toEqual([1]);
  });
});
