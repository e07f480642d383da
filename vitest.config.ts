import { defineConfig } from "vitest/config"

const source = ["@farmops/source"]

/**
 * One project per tier. `quick` needs nothing but this clone and is what `npm test` runs; `service` starts real servers,
 * `browser` a real Chromium, `long` takes many minutes. scripts/testAll.ts runs them one after another.
 */
const tier = (name: string, include: ReadonlyArray<string>, testTimeout: number) => ({
  extends: true as const,
  test: { name, include: [...include], testTimeout, hookTimeout: Math.max(testTimeout, 60_000) }
})

export default defineConfig({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source } },
  test: {
    projects: [
      tier(
        "quick",
        [
          "{packages,hosts,plugins}/*/{src,test}/**/*.test.ts",
          "{conformance,examples,scripts,tests/quick}/**/*.test.ts"
        ],
        // Generous: a busy machine is no failure of ours.
        60_000
      ),
      tier("service", ["tests/service/**/*.test.ts"], 120_000),
      tier("browser", ["tests/browser/**/*.test.ts"], 120_000),
      tier("long", ["tests/long/**/*.test.ts"], 30 * 60_000)
    ]
  }
})
