import { describe, expect, it } from "vitest";
import { drawQr, QUIET_ZONE } from "./qr";

/** What the path's rectangles cover, read back. */
function dark(path: string): Set<string> {
  const cells = new Set<string>();
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let step = 0; step < Number(length); step += 1) cells.add(`${Number(x) + step},${y}`);
  }
  return cells;
}

describe("drawQr", () => {
  it("covers exactly the dark modules, inside the quiet zone", () => {
    const modules = ["##.#", "....", "#..#", ".##."];
    const drawing = drawQr(modules);
    expect(drawing?.side).toBe(4 + 2 * QUIET_ZONE);
    const expected = modules.flatMap((row, y) =>
      [...row].flatMap((cell, x) => (cell === "#" ? [`${x + QUIET_ZONE},${y + QUIET_ZONE}`] : [])),
    );
    expect([...dark(drawing?.path ?? "")].sort()).toEqual(expected.sort());
  });

  it("shows nothing rather than half a code", () => {
    expect(drawQr([])).toBeNull();
    expect(drawQr(["##", "#"])).toBeNull();
    expect(drawQr(["#x", ".."])).toBeNull();
  });
});
