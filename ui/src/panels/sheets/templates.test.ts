import { describe, expect, it } from "vitest";
import { gridOf } from "./templates";

function grid(codesPerPage: number, poster = false) {
  return gridOf({ name: "", title: "", paper: "A4", codesPerPage, poster } as Parameters<
    typeof gridOf
  >[0]);
}

describe("gridOf", () => {
  it("has room for every code of the page", () => {
    for (let codes = 1; codes <= 80; codes += 1) {
      const { columns, rows } = grid(codes);
      expect(columns * rows).toBeGreaterThanOrEqual(codes);
      expect(columns * (rows - 1)).toBeLessThan(codes);
    }
  });
  it("draws a poster as one code", () => {
    expect(grid(1, true)).toEqual({ columns: 1, rows: 1 });
    expect(grid(14)).toEqual({ columns: 2, rows: 7 });
    expect(grid(65)).toEqual({ columns: 5, rows: 13 });
  });
});
