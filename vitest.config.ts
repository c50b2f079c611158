import { defineConfig } from "vitest/config"

// Tests run against the sources: no build is needed before them.
const conditions = ["@mutoscope/source", "node", "import", "module", "default"]

// A test that hangs ends; one that waits for many processes on a busy machine does not.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000 }
})
