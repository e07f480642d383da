/** Sums a stopped tracker's ledger up again from nothing: `rebuild.ts FOLDER` prints how many proofs a second. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { replayLedger } from "@farmops/core/farm/rebuildProjection"
import { ledgerLayer } from "@farmops/tracker/layer"
import { Effect, Layer } from "effect"
import { configAt } from "./agents.ts"

const measure = Effect.gen(function* () {
  const began = performance.now()
  const { proofs, rewards_differ, sums_equal } = yield* replayLedger()
  if (!sums_equal || rewards_differ > 0) throw new Error("the replay does not come to what is stored")
  return proofs / ((performance.now() - began) / 1000)
})

console.log(
  JSON.stringify({
    per_second: await Effect.runPromise(
      Effect.scoped(
        Effect.provide(measure, ledgerLayer(configAt(process.argv[2] ?? "")).pipe(Layer.provide(NodeServices.layer)))
      )
    )
  })
)
