/** What must hold of every life of a ledger, beside a plain model of it: `LIVES` of them (10,000 unless told: two hours on a busy machine). */
import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { farmDatabase } from "../../packages/core/test/farmLayers.ts"
import { LedgerCommand, ledgerLives } from "../../packages/core/test/ledgerLives.ts"

const cases = Number(process.env.LIVES ?? 10_000)

/** Half a second on a quiet machine. */
const lifeMsMax = 10_000

describe(`with ${cases} random lives of a ledger`, () => {
  it.effect.prop(
    "it is what a plain model of it is, whatever is asked of it in whatever order",
    [Schema.Array(LedgerCommand).check(Schema.isMinLength(10), Schema.isMaxLength(50))],
    ([commands]) => ledgerLives(commands, farmDatabase()),
    { arbitrary: { runs: cases }, timeout: Math.max(60_000, cases * lifeMsMax) }
  )
})
