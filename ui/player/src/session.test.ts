import { afterEach, expect, it, vi } from "vitest";
import { isSession, openSession, SessionError, sessionId } from "./session";

afterEach(() => void vi.unstubAllGlobals());

function answering(status: number, body: string) {
  const ask = vi.fn(async (_url: string, _init: RequestInit) => new Response(body, { status }));
  vi.stubGlobal("fetch", ask);
  return ask;
}

it("a session id is a version 4 UUID made of the given bytes", () => {
  expect(sessionId(new Uint8Array(16))).toBe("00000000-0000-4000-8000-000000000000");
  expect(sessionId(new Uint8Array(16).fill(255))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
  expect(sessionId(Uint8Array.from({ length: 16 }, (_, i) => i * 17))).toBe(
    "00112233-4455-4677-8899-aabbccddeeff",
  );
});

it("opens a link with its own session id", async () => {
  const ask = answering(200, '{"state":"live","sources":[]}');
  expect(isSession(await openSession("/s/X", "sid-1"))).toBe(true);
  expect(ask).toHaveBeenCalledOnce();
  expect(ask.mock.calls[0]?.[0]).toBe("/s/X");
  expect(ask.mock.calls[0]?.[1]).toMatchObject({ method: "POST", body: '{"sid":"sid-1"}' });
});

it("knows an ended link from a server in trouble", async () => {
  answering(410, '{"state":"expired","title":"x"}');
  const gone = await openSession("/s/X", "sid-1");
  expect(gone.state).toBe("expired");
  expect(isSession(gone)).toBe(false);
  answering(503, "try again");
  await expect(openSession("/s/X", "sid-1")).rejects.toBeInstanceOf(SessionError);
  answering(200, "<html>a hotel's sign-in page</html>");
  await expect(openSession("/s/X", "sid-1")).rejects.toBeInstanceOf(SessionError);
});
