import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { farmDatabase } from "./farmLayers.ts"
import { LedgerCommand, ledgerLives } from "./ledgerLives.ts"

describe("a ledger", () => {
  it.effect.prop(
    "is what a plain model of it is, whatever is asked of it in whatever order",
    [Schema.Array(LedgerCommand).check(Schema.isMinLength(5), Schema.isMaxLength(30))],
    ([commands]) => ledgerLives(commands, farmDatabase()),
    { arbitrary: { runs: 12 } }
  )
})
