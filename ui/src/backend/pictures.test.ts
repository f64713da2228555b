import { expect, it, vi } from "vitest";
import { WebPictures } from "./pictures";

const endpoint = { socket: "ws://127.0.0.1:9/t/frames", http: "http://127.0.0.1:9/t" };

it("has no addresses before it is connected", async () => {
  const pictures = new WebPictures();
  expect(pictures.pictureUrl("f", 1, 54)).toBe("");
  expect(await pictures.peaks("f", 0, 10, 2)).toBeNull();
});

it("makes addresses under the token, whatever an id holds", () => {
  const pictures = new WebPictures();
  pictures.connect(endpoint);
  expect(pictures.pictureUrl("a/../b", 7, 54)).toBe(
    "http://127.0.0.1:9/t/picture/a%2F..%2Fb/7?height=54",
  );
  expect(pictures.sheetPageUrl("j", 1)).toBe("http://127.0.0.1:9/t/sheet/j/1");
});

it("has no wave where there is none, and says when one may come later", async () => {
  const pictures = new WebPictures();
  pictures.connect(endpoint);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 422 })));
  expect(await pictures.peaks("f", 0, 10, 2)).toBeNull();
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 503 })));
  await expect(pictures.peaks("f", 0, 10, 2)).rejects.toThrow("flow f now: status 503");
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
  await expect(pictures.peaks("f", 0, 10, 2)).rejects.toThrow("refused");
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(new Uint8Array([1, 2]))));
  expect(await pictures.peaks("f", 0, 10, 2)).toEqual(new Uint8Array([1, 2]));
  vi.unstubAllGlobals();
});
