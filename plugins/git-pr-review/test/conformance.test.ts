import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { readGoldenFolder } from "@farmops/plugin-sdk/conformance/goldenVerdict"
import { runConformance } from "@farmops/plugin-sdk/conformance/runConformance"
import { Effect } from "effect"
import { gitPrReviewCommand } from "../src/command.ts"

it.live(
  "does everything that an agent relies on, and gives its golden verdicts",
  () =>
    Effect.gen(function* () {
      const golden = yield* readGoldenFolder(fileURLToPath(new URL("../golden", import.meta.url)))
      const report = yield* runConformance({ _tag: "Program", ...gitPrReviewCommand() }, golden)
      assert.deepStrictEqual(
        report.checks.filter(({ outcome }) => outcome !== "passed"),
        []
      )
      assert.isAtLeast(golden.length, 6)
    }),
  // It is started three times: generous, for a busy machine is no failure of ours.
  300_000
)
