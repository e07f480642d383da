/** Two trackers on one ledger, one of which rotates the key: the same story on either database. */
import { readdirSync } from "node:fs"
import { assert, expect } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { auditNow, fileFarmLayer, grow } from "./checkpointLayers.ts"
import { approvedTestAgent } from "./farmLayers.ts"
import { assertReplays } from "./trustFixture.ts"

const rotate = Effect.flatMap(FarmKeys, (keys) => keys.rotate)
const checkpoint = Effect.flatMap(Checkpointer, (checkpointer) => checkpointer.checkpoint)
const inForce = Effect.map(
  Effect.flatMap(TrackerKey, (key) => key.inForce),
  ({ publicKey }) => publicKey
)

const start = Effect.fnUntraced(function* (folder: string, url?: string) {
  const services = yield* Layer.build(Layer.fresh(fileFarmLayer(folder, url)))
  return <A, E>(effect: Effect.Effect<A, E, Layer.Success<ReturnType<typeof fileFarmLayer>>>) =>
    Effect.provideContext(effect, services)
})

/**
 * Both on one folder, as two processes of one tracker are, on the database at `url` or in the folder. Two connections of one
 * thread to an SQLite file would wait for each other, so only on a server they act at once.
 */
export const trackersShareTheKey = Effect.fnUntraced(function* (folder: string, url?: string) {
  const here = yield* start(folder, url)
  const there = yield* start(folder, url)
  const agent = yield* here(approvedTestAgent)
  yield* there(grow(agent, 3))
  yield* there(checkpoint)

  const { public_key } = yield* here(rotate)
  // The other one has held the old key until now. It signs its next line with the new one.
  yield* there(approvedTestAgent)
  assert.strictEqual(yield* there(inForce), public_key)
  yield* there(checkpoint)
  expect((yield* here(auditNow())).first).toEqual([])

  yield* Effect.all([here(rotate), there(rotate), here(rotate), there(rotate), here(grow(agent, 5))], {
    concurrency: url === undefined ? 1 : "unbounded"
  })
  const { public_key: last, rotations } = yield* here(Effect.flatMap(FarmKeys, (keys) => keys.list))
  assert.deepStrictEqual([rotations.length, yield* here(inForce), yield* there(inForce)], [5, last, last])
  assert.deepStrictEqual(
    readdirSync(folder).filter((name) => name.startsWith("tracker.key")),
    ["tracker.key"]
  )
  yield* here(checkpoint)
  for (const tracker of [here, there]) {
    expect((yield* tracker(auditNow())).first).toEqual([])
    yield* tracker(assertReplays)
  }
  return { agent, here, there }
})

/** A tracker that kept the old key for itself, in a folder of its own, is no tracker of this ledger any more. */
export const trackerWithTheOldKeyStops = Effect.fnUntraced(function* (folder: string, elsewhere: string, url: string) {
  const here = yield* start(folder, url)
  yield* here(approvedTestAgent)
  yield* here(rotate)
  const error = yield* Effect.flip(Effect.scoped(start(elsewhere, url)))
  expect(error).toMatchObject({ _tag: "TrackerKeyUnusable", path: `${elsewhere}/tracker.key` })
  // Nor was a key made that nobody knows.
  assert.deepStrictEqual(
    readdirSync(elsewhere).filter((name) => name.startsWith("tracker.key")),
    []
  )
  const rows = yield* here(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 AS one`))
  assert.strictEqual(rows.length, 1)
})
