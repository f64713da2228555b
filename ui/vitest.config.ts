import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["player/src/**/*.test.ts"], environment: "node" },
});
