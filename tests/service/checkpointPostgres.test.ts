import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { LedgerArchive } from "@farmops/core/farm/archive/LedgerArchive"
import { Checkpointer } from "@farmops/core/farm/checkpoint/Checkpointer"
import { TrackerKey } from "@farmops/core/farm/TrackerKey"
import { verifyArchive } from "@farmops/proof/archiveFile"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { afterAll, beforeAll } from "vitest"
import { auditNow, checkpointLayer, grow, makeStory } from "../../packages/core/test/checkpointLayers.ts"
import { testNow } from "../../packages/core/test/farmLayers.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

let postgres: RunningPostgres | null = null
const folder = mkdtempSync(join(tmpdir(), "farmops-archive-"))
beforeAll(async () => {
  if (postgresBin !== null) postgres = await startPostgres()
})
afterAll(() => {
  postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a test on a farm with a past on a fresh database of the server. */
const onStory = <A, E, R>(test: (story: Effect.Success<typeof makeStory>) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.parse(testNow))
    const layer = Layer.fresh(checkpointLayer(postgres?.makeDatabase() ?? ""))
    return yield* Effect.provide(Effect.flatMap(makeStory, test), layer)
  })

describe.skipIf(postgresBin === null)("a ledger on PostgreSQL", () => {
  it.effect("is signed and holds under an audit, until somebody changes it", () =>
    onStory(() =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const report = yield* auditNow()
        expect(report.first).toEqual([])
        expect(report).toMatchObject({ proofs: 32, events: 3, checkpoints: 3, signed: 33 })
        for (const [kind, tampering] of [
          ["column", "UPDATE tracker_proof SET coins = coins + 1 WHERE position = 4"],
          ["line_damaged", "UPDATE tracker_proof SET line = line || ' ' WHERE position = 5"],
          ["tile", "UPDATE tracker_tile SET hashes = substr(hashes, 2) || '0'"],
          ["checkpoint", "UPDATE tracker_checkpoint SET root = substr(root, 2) || '0' WHERE size = 15"],
          ["sums", "DELETE FROM tracker_proof WHERE position = 34"]
        ] as const) {
          yield* sql.unsafe(tampering)
          const found = yield* auditNow("links")
          assert.isTrue(
            found.first.some((one) => one.kind === kind),
            kind
          )
          assert.isAbove(found.differences, 0)
        }
      })
    )
  )

  it.effect("gives one checkpoint to all who ask at once", () =>
    onStory(({ one }) =>
      Effect.gen(function* () {
        const { checkpoint } = yield* Checkpointer
        yield* grow(one, 5)
        const [first, ...rest] = yield* Effect.all([checkpoint, checkpoint, checkpoint], { concurrency: 3 })
        assert.strictEqual(first?.size, 40)
        for (const other of rest) assert.deepStrictEqual(other, first)
      })
    )
  )

  it.effect("is archived and restored without a difference", () =>
    onStory(({ one }) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const rows = sql`SELECT * FROM tracker_proof ORDER BY position`
        const before = yield* rows
        const { archive, restore } = yield* LedgerArchive
        const file = join(folder, "a.archive")
        expect(yield* archive({ type: "keep", lines: 5 }, file)).toMatchObject({ from: 0, to: 21 })
        const trust = { trackerKey: (yield* TrackerKey).publicKey, farmId: null }
        assert.isTrue(verifyArchive(readFileSync(file), trust, nodeBackend).ok)
        expect((yield* auditNow()).first).toEqual([])
        yield* restore(file)
        assert.deepStrictEqual(yield* rows, before)
        yield* grow(one, 2)
        expect((yield* auditNow()).first).toEqual([])
      })
    )
  )
})
