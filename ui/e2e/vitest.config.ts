/** The page in a real browser with the fake program behind it. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    include: ["**/*.e2e.ts"],
    globalSetup: ["./serve.ts"],
    environment: "node",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One browser at a time: pictures are drawn by this machine's cores.
    fileParallelism: false,
  },
});
