import { expect, it } from "vitest";
import { WatchMeter } from "./watch";

it("counts what moved before a viewer", () => {
  const meter = new WatchMeter();
  meter.sample(1_000, 0);
  meter.sample(1_250, 250);
  meter.stop(2_000, 1_000);
  expect(meter.total()).toBe(1_000);
});

it("counts nothing while the video stands still, jumps or the phone sleeps", () => {
  const meter = new WatchMeter();
  meter.sample(0, 0);
  meter.stop(1_000, 1_000);
  meter.stop(9_000, 1_000);
  meter.sample(9_000, 1_000);
  meter.sample(609_000, 1_200);
  expect(meter.total()).toBe(1_200);
  meter.jump();
  meter.sample(610_000, 60_000);
  meter.sample(610_100, 60_100);
  expect(meter.total()).toBe(1_300);
  meter.sample(610_200, 10_000);
  expect(meter.total()).toBe(1_300);
});

it("reports parts that add up to the whole", () => {
  const meter = new WatchMeter();
  let parts = 0;
  for (let i = 0; i < 50; i++) {
    meter.sample(i * 33.4, i * 33.4);
    parts += i % 7 === 0 ? meter.take() : 0;
  }
  parts += meter.take();
  expect(parts).toBe(meter.total());
  expect(parts).toBe(Math.round(49 * 33.4));
  expect(meter.take()).toBe(0);
});
