import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["player/src/**/*.test.ts", "src/**/*.test.ts", "src/**/*.test.tsx"],
    environment: "node",
  },
});
