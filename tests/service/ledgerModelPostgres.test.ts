/** The lives of `tests/long/ledgerModel.test.ts` on a real PostgreSQL: `LIVES` of them (10 unless told), each in a database of its own. */
import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { farmDatabase } from "../../packages/core/test/farmLayers.ts"
import { LedgerCommand, ledgerLives } from "../../packages/core/test/ledgerLives.ts"
import { postgresBin, type RunningPostgres, startPostgres } from "./postgres.ts"

const cases = Number(process.env.LIVES ?? 10)

let server: RunningPostgres

describe.skipIf(postgresBin === null)(`with ${cases} random lives of a ledger on PostgreSQL`, () => {
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it.effect.prop(
    "it is what a plain model of it is, whatever is asked of it in whatever order",
    [Schema.Array(LedgerCommand).check(Schema.isMinLength(10), Schema.isMaxLength(30))],
    ([commands]) => ledgerLives(commands, Layer.unwrap(Effect.sync(() => farmDatabase(server.makeDatabase())))),
    { arbitrary: { runs: cases }, timeout: Math.max(120_000, cases * 10_000) }
  )
})
