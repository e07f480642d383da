import { defineConfig } from "vitest/config"

const source = ["@farmops/source"]

/** Tests beside their code that start whole programs so often that `npm test` would take minutes longer. */
const manyPrograms = [
  "packages/plugin-sdk/test/hostile/**/*.test.ts",
  "{packages,plugins}/*/test/conformance.test.ts",
  "packages/plugin-sdk/test/{PluginProcess,PluginRuntime,openGitRepository,reloadPlugins,wasmRuntime}.test.ts",
  "packages/plugin-sdk/test/confine/**/*.test.ts",
  "packages/proof/test/AuditPool.test.ts",
  "packages/triage/test/{classifierBar,agents/ProcessAgent}.test.ts",
  "packages/triage/test/neutralizeGitHub.test.ts",
  "packages/core/test/{archiveCrash,rotationCrash,runHost}.test.ts",
  "hosts/cli/test/{agentKeys,harnessEvaluate,harnessBacktest,harnessDemo,pluginDev,pluginTest,proofVerifyKinds,trackerKeys,trackerLedger}.test.ts",
  "plugins/host/test/{alone,servePlugins}.test.ts",
  "hosts/agent/test/farmopsAgent.test.ts",
  "hosts/tracker/test/program.test.ts",
  "hosts/{harness/test/farmopsHarness,village/test/farmopsVillage}.test.ts",
  "tests/quick/{agentTrust,badInput,hostsApart,secureTracker,sidecarToProof,sleepingTracker,trackerBackup,trackerCheck,trackerDrain,webhookToProof,githubCrash,harnessPath,harnessReview,harnessStory}.test.ts"
]

/**
 * One project per tier. `quick` needs nothing but this clone and is what `npm test` runs; `programs` starts whole programs
 * many times, `service` real servers, `kubernetes` a real API server, `browser` a real Chromium, `long` takes many minutes. scripts/testAll.ts runs them
 * one after another.
 */
const tier = (
  name: string,
  include: ReadonlyArray<string>,
  testTimeout: number,
  exclude: ReadonlyArray<string> = []
) => ({
  extends: true as const,
  test: {
    name,
    include: [...include],
    exclude: ["**/node_modules/**", "**/dist/**", ...exclude],
    testTimeout,
    hookTimeout: Math.max(testTimeout, 60_000)
  }
})

export default defineConfig({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source } },
  test: {
    // Both cores of a small machine; and a process for many files, since loading the modules takes longer than most tests.
    maxWorkers: "100%",
    isolate: false,
    projects: [
      tier(
        "quick",
        [
          "{packages,hosts,plugins,agents}/*/{src,test}/**/*.test.ts",
          "{conformance,examples,scripts,tests/quick}/**/*.test.ts"
        ],
        // Generous: a busy machine is no failure of ours.
        60_000,
        manyPrograms
      ),
      tier("programs", manyPrograms, 180_000),
      tier("service", ["tests/service/**/*.test.ts"], 120_000),
      tier("kubernetes", ["tests/kubernetes/**/*.test.ts"], 600_000),
      tier("browser", ["tests/browser/**/*.test.ts"], 120_000),
      tier("long", ["tests/long/**/*.test.ts"], 30 * 60_000)
    ]
  }
})
