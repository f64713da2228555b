import { afterEach, expect, it, vi } from "vitest";
import { loudest, PeakCache, peaksOf } from "./peaks";

afterEach(() => vi.useRealTimers());

const block = { first: 0, frames: 256, bins: 4 };

it("asks for a block once and tells when it has come", async () => {
  const source = vi.fn(async () => new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  const cache = new PeakCache(source);
  const told = vi.fn();
  cache.listen(told);
  expect(cache.get("flow", block)).toBeNull();
  expect(cache.get("flow", block)).toBeNull();
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
  expect(cache.get("flow", block)).toMatchObject({ channels: 2, bins: 4 });
  expect(source).toHaveBeenCalledTimes(1);
});

it("does not ask again for what is not there or just failed, and goes on with the rest", async () => {
  const answers = [null, new Uint8Array(3), new Uint8Array(4)];
  const source = vi.fn(async (_flow: string, first: number) => {
    if (first === 3) throw new Error("no answer");
    return answers[first] ?? null;
  });
  const cache = new PeakCache(source);
  const told = vi.fn();
  cache.listen(told);
  const ask = (first: number) => cache.get("flow", { ...block, first });
  for (const first of [0, 1, 3, 2]) ask(first);
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
  expect([ask(0), ask(1), ask(3)]).toEqual([null, null, null]);
  expect(ask(2)).not.toBeNull();
  expect(source).toHaveBeenCalledTimes(4);
});

it("asks again for a block that failed, some seconds later", async () => {
  vi.useFakeTimers();
  const source = vi.fn(async () => new Uint8Array(4));
  source.mockRejectedValueOnce(new Error("no answer"));
  const cache = new PeakCache(source);
  cache.listen(() => cache.get("flow", block));
  cache.get("flow", block);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(cache.get("flow", block)).toBeNull();
  expect(source).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(source).toHaveBeenCalledTimes(2);
  expect(cache.get("flow", block)).toMatchObject({ channels: 1 });
});

it("has no more than four requests under way and takes the newest wish first", async () => {
  const asked: number[] = [];
  const answer: (() => void)[] = [];
  const cache = new PeakCache((_flow, first) => {
    asked.push(first);
    return new Promise((resolve) => answer.push(() => resolve(new Uint8Array(4))));
  });
  for (let first = 0; first < 10; first += 1) cache.get("flow", { ...block, first });
  expect(asked).toEqual([0, 1, 2, 3]);
  answer[0]?.();
  await vi.waitFor(() => expect(asked).toEqual([0, 1, 2, 3, 9]));
});

it("forgets the blocks that were not used for longest", async () => {
  const source = vi.fn(async () => new Uint8Array(4));
  const cache = new PeakCache(source);
  for (let first = 0; first < 900; first += 1) cache.get("flow", { ...block, first });
  await vi.waitFor(() => expect(source.mock.calls.length).toBe(804));
  cache.get("flow", { ...block, first: 899 });
  expect(source).toHaveBeenCalledTimes(804);
  cache.get("flow", { ...block, first: 50 });
  expect(source).toHaveBeenCalledTimes(805);
});

it("reads levels channel by channel", () => {
  const peaks = peaksOf(new Uint8Array([10, 20, 30, 40, 1, 2, 3, 4]), 4);
  if (peaks === null) throw new Error("no peaks");
  expect(loudest(peaks, 0, 0, 0.5)).toBe(20);
  expect(loudest(peaks, 1, 0.5, 1)).toBe(4);
  expect(loudest(peaks, 0, 0.99, 3)).toBe(40);
  expect(peaksOf(new Uint8Array(9), 4)).toBeNull();
});
