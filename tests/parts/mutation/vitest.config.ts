import { defineConfig } from "vitest/config"
import { testFilesLeftOut, tests } from "./scope.ts"

const source = ["@farmops/source"]

export default defineConfig({
  root: process.cwd(),
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source } },
  test: {
    include: [tests],
    exclude: [...testFilesLeftOut],
    runner: `${import.meta.dirname}/MutantRunner.ts`,
    pool: "forks",
    maxWorkers: 1,
    // One test runs many times over.
    testTimeout: 30 * 60_000,
    hookTimeout: 60_000,
    // The first failure is enough.
    bail: 1,
    reporters: [{}],
    onConsoleLog: () => false
  }
})
