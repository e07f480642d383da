/** Reads a running tracker through its typed client: the farm, its work page by page, and a refusal as the value that it is. */
import { makeTrackerClient } from "@farmops/core/api/trackerClient"
import { Effect } from "effect"
import { FetchHttpClient } from "effect/http"

const url = process.env.TRACKER_URL ?? "http://127.0.0.1:8443"

// #region client
const program = Effect.gen(function* () {
  const tracker = yield* makeTrackerClient({ url })
  const farm = yield* tracker.reading.farm({ query: {} })
  console.log(`${farm.name}: level ${farm.level}, ${farm.total_coins} coins`)

  let cursor: number | undefined
  do {
    const query = { category: "reliability", limit: 2, ...(cursor === undefined ? {} : { cursor }) } as const
    const page = yield* tracker.reading.proofs({ query })
    for (const { coins, proof } of page.proofs) console.log(`${proof.action.description}: ${coins} coins`)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)

  const unknown = yield* Effect.flip(tracker.reading.proof({ params: { id: "0" } }))
  if (unknown._tag === "ProofMissing") console.log(`refused: ${unknown.status} ${unknown.code}`)
})
// #endregion

await Effect.runPromise(Effect.provide(program, FetchHttpClient.layer))
