import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Resume } from "./resume";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});
afterEach(() => void vi.unstubAllGlobals());

it("goes on where the viewer was", () => {
  const resume = new Resume();
  resume.save("a", { currentTime: 54.32, duration: 108 });
  expect(resume.position("a", 108)).toBe(54.3);
  expect(resume.position("b", 108)).toBe(0);
  resume.forget("a");
  expect(resume.position("a", 108)).toBe(0);
});

it("starts anew near the start and the end", () => {
  const resume = new Resume();
  resume.save("a", { currentTime: 50, duration: 108 });
  resume.save("a", { currentTime: 104, duration: 108 });
  expect(resume.position("a", 108)).toBe(0);
  resume.save("a", { currentTime: 50, duration: 108 });
  resume.save("a", { currentTime: 2, duration: 108 });
  expect(resume.position("a", 108)).toBe(0);
});

it("does without storage where the browser gives none", () => {
  vi.stubGlobal("sessionStorage", undefined);
  const resume = new Resume();
  resume.save("a", { currentTime: 50, duration: 108 });
  expect(resume.position("a", 108)).toBe(0);
});
