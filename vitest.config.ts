import { defineConfig } from "vitest/config"

// Tests run against the sources: no build is needed before them.
const conditions = ["@mutoscope/source", "node", "import", "module", "default"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000 }
})
