/** Builds the page with the fake in it and serves it under the policy of the real window. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the page is served. */
    origin: string;
  }
}

/** As in the window, but for the loopback server and the commands, which the fake does not need. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; connect-src 'self'";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const ui = fileURLToPath(new URL("..", import.meta.url));
const out = join(ui, "node_modules", ".stringout-e2e");

export default async function serve(project: TestProject): Promise<() => Promise<void>> {
  await build({
    configFile: join(ui, "vite.config.ts"),
    mode: "fake",
    logLevel: "warn",
    build: { outDir: out, emptyOutDir: true },
  });
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = normalize(join(out, pathname === "/" ? "index.html" : pathname));
    const type = TYPES[extname(file)];
    try {
      if (!file.startsWith(out) || !type) throw new Error("not of the page");
      const body = await readFile(file);
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  project.provide("origin", `http://127.0.0.1:${address.port}`);
  return () => new Promise((closed) => server.close(() => closed()));
}
