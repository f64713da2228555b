import { describe, expect, it } from "vitest";
import { codesFor, LONGEST_PLACE, MOST_PLACES, pagesFor, placesOf } from "./placements";

describe("placesOf", () => {
  it("takes one place a line", () => {
    expect(placesOf(" Foyer,  left pillar \r\n\n Tram stop \n")).toEqual({
      places: ["Foyer, left pillar", "Tram stop"],
      problem: null,
    });
  });
  it("keeps a place that comes twice", () => {
    expect(placesOf("Door\nDoor").places).toEqual(["Door", "Door"]);
  });
  it("names the line that is too long, and takes none", () => {
    expect(placesOf(`Door\n${"x".repeat(LONGEST_PLACE + 1)}`).problem).toContain("Line 2");
    expect(placesOf(`${"x".repeat(LONGEST_PLACE)}`).problem).toBeNull();
    expect(placesOf("  \n")).toEqual({ places: [], problem: null });
    expect(codesFor([])).toBe(1);
    expect(codesFor(["a", "b"])).toBe(2);
    expect(placesOf("Door\n".repeat(MOST_PLACES + 1)).problem).toContain(String(MOST_PLACES));
  });
});

describe("pagesFor", () => {
  it("fills pages", () => {
    expect(pagesFor(14, 14)).toBe(1);
    expect(pagesFor(15, 14)).toBe(2);
    expect(pagesFor(3, 0)).toBe(0);
  });
});
