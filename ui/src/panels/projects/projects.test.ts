import { describe, expect, it } from "vitest";
import type { ProjectView } from "../../backend/generated";
import {
  besides,
  chosenOf,
  found,
  freeName,
  LONGEST_NAME,
  ledTo,
  noVersionWords,
  savedWords,
  searchable,
  versionName,
  versionWords,
} from "./projects";

function projectsOf(...names: string[]): ProjectView[] {
  return names.map((name, i) => ({ id: `p${i}`, name, saved: "", open: i === 0 }));
}

const three = projectsOf("Spring promo", "Harbour at night", "Promo, long");

describe("the list", () => {
  it("is searched by words in any order once it is long", () => {
    expect(searchable(projectsOf(..."abcdefgh"))).toBe(false);
    expect(searchable(projectsOf(..."abcdefghi"))).toBe(true);
    const names = (typed: string) => found(three, typed).map(({ name }) => name);
    expect(names("  ")).toHaveLength(3);
    expect(names("PROMO")).toEqual(["Spring promo", "Promo, long"]);
    expect(names("long promo")).toEqual(["Promo, long"]);
    expect(names("dawn")).toEqual([]);
  });

  it("is at the first that is seen when the chosen one is not", () => {
    expect(chosenOf(three, "p2")?.id).toBe("p2");
    expect(chosenOf(found(three, "promo"), "p1")?.id).toBe("p0");
    expect(chosenOf([], "p1")).toBeUndefined();
  });

  it("is moved through with the arrows, and ends at its ends", () => {
    expect(ledTo(three, "p1", "ArrowDown")).toBe("p2");
    expect(ledTo(three, "p2", "ArrowDown")).toBe("p2");
    expect(ledTo(three, "p1", "ArrowUp")).toBe("p0");
    expect(ledTo(three, "p0", "ArrowUp")).toBe("p0");
    expect(ledTo(three, "p1", "End")).toBe("p2");
    expect(ledTo(three, "p1", "Home")).toBe("p0");
    expect(ledTo(three, "p1", "ArrowLeft")).toBeNull();
  });

  it("goes on beside what is removed", () => {
    expect(besides(three, "p1")).toBe("p2");
    expect(besides(three, "p2")).toBe("p1");
    expect(besides(three.slice(0, 1), "p0")).toBeNull();
  });
});

describe("names", () => {
  it("are free, and never too long", () => {
    expect(freeName(three, "New project")).toBe("New project");
    expect(freeName(projectsOf("a", "a 2", "a 4"), "a")).toBe("a 3");
    const long = "x".repeat(LONGEST_NAME);
    const one = freeName([], long);
    expect(freeName(projectsOf(one), long).length).toBeLessThanOrEqual(LONGEST_NAME);
  });

  it("are there for versions that got none", () => {
    expect(versionName("  Before lunch ")).toBe("Before lunch");
    expect(versionName("  ")).toBe("Unnamed");
  });
});

describe("words", () => {
  const now = new Date(2026, 4, 5, 18, 0).getTime();
  const at = (day: number) => new Date(2026, 4, day, 14, 2).toISOString();

  it("tell when something was saved or kept", () => {
    expect(savedWords(at(5), now)).toBe("Saved 14:02");
    expect(savedWords(at(4), now)).toBe("Saved yesterday 14:02");
    expect(savedWords("", now)).toBe("Not saved yet");
    const version = { number: 1, name: "", kept: at(5), clips: 1 };
    expect(versionWords(version, now)).toBe("14:02, 1 clip");
    expect(versionWords({ ...version, kept: at(1), clips: 4 }, now)).toBe("1 May 14:02, 4 clips");
  });

  it("tell how far the history goes where there is no version", () => {
    expect(noVersionWords(0)).toBe("No version kept yet.");
    expect(noVersionWords(1)).toBe("No version kept yet. The history goes back 1 step anyway.");
  });
});
