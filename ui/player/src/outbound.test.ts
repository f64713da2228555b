import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CAPACITY, newest, Outbound } from "./outbound";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A collector that answers as told; a status of 0 is no network. */
function collector(...statuses: number[]) {
  const bodies: string[] = [];
  const post = async (body: string) => {
    bodies.push(body);
    const status = statuses.shift() ?? 204;
    if (status === 0) {
      throw new TypeError("no network");
    }
    return status;
  };
  return { bodies, post };
}

it("gathers the lines of one moment in one body", async () => {
  const { bodies, post } = collector();
  const outbound = new Outbound(post);
  outbound.push("a");
  outbound.push("b");
  expect(outbound.pending).toBe(2);
  await vi.runAllTimersAsync();
  expect(bodies).toEqual(["a\nb"]);
  expect(outbound.pending).toBe(0);
});

it("keeps lines while offline and sends them in order", async () => {
  const { bodies, post } = collector(0, 503, 429);
  const outbound = new Outbound(post);
  outbound.push("a");
  await vi.advanceTimersByTimeAsync(200);
  outbound.push("b");
  expect(bodies).toEqual(["a"]);
  await vi.runAllTimersAsync();
  expect(bodies).toEqual(["a", "a\nb", "a\nb", "a\nb"]);
  expect(outbound.pending).toBe(0);
});

it("sends at once when the network is back", async () => {
  const { bodies, post } = collector(0, 0);
  const outbound = new Outbound(post);
  outbound.push("a");
  await vi.advanceTimersByTimeAsync(2_500);
  expect(bodies).toEqual(["a", "a"]);
  outbound.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(bodies).toEqual(["a", "a", "a"]);
  expect(outbound.pending).toBe(0);
});

it("sends what waits beside what is on its way when the page is left", async () => {
  const bodies: string[] = [];
  const outbound = new Outbound((body) => {
    bodies.push(body);
    return new Promise(() => undefined);
  });
  outbound.push("a");
  await vi.advanceTimersByTimeAsync(200);
  outbound.push("b");
  outbound.flush();
  expect(bodies).toEqual(["a", "b"]);
  outbound.flush();
  expect(bodies).toEqual(["a", "b"]);
});

it("stops for good after 410", async () => {
  const { bodies, post } = collector(410);
  const outbound = new Outbound(post);
  outbound.push("a");
  await vi.runAllTimersAsync();
  expect(outbound.gone).toBe(true);
  outbound.push("b");
  outbound.flush();
  await vi.runAllTimersAsync();
  expect(bodies).toEqual(["a"]);
});

it("does not repeat what the collector refuses", async () => {
  const { bodies, post } = collector(400);
  const outbound = new Outbound(post);
  outbound.push("a");
  await vi.runAllTimersAsync();
  outbound.push("b");
  await vi.runAllTimersAsync();
  expect(bodies).toEqual(["a", "b"]);
});

it("never keeps more than its capacity", async () => {
  const outbound = new Outbound(collector(...Array<number>(99).fill(0)).post);
  for (let i = 0; i < 3 * CAPACITY; i++) {
    outbound.push(`e=t,sn=${i}`);
  }
  await vi.advanceTimersByTimeAsync(600_000);
  expect(outbound.pending).toBe(CAPACITY);
});

it("gives up interval reports before states and scans", () => {
  const scan = 'cen="qr-scan",e=ce,sn=0';
  const lines = [scan, ...Array.from({ length: CAPACITY }, (_, i) => `bg,e=t,sn=${i + 1}`)];
  expect(newest(lines)).toEqual([scan, ...lines.slice(2)]);
  const states = Array.from({ length: CAPACITY + 2 }, (_, i) => `e=ps,sn=${i}`);
  expect(newest(states)).toEqual(states.slice(2));
});
