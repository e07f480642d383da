/**
 * What must hold of every life of an agent, and of every line that is refused: `CASES` of each (100,000 unless told). A
 * hundred agents share a ledger, for setting one up takes longer than what happens on it.
 */
import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { onFarm } from "../../packages/core/test/farmLayers.ts"
import { BadLine, movesNothing, replaysAfter, Step } from "../../packages/core/test/trustStories.ts"

const cases = Number(process.env.CASES ?? 100_000)
const casesInLedger = 100
const options = { arbitrary: { runs: Math.ceil(cases / casesInLedger) } }

/** Of each agent, on average. */
const stepsMin = 1
const stepsMax = 3

describe(`with ${cases} random cases, ${casesInLedger} in a ledger`, () => {
  it.effect.prop(
    "replays to the bytes that are stored, whatever happened to the keys of its agents",
    [
      Schema.Array(Step).check(
        Schema.isMinLength(stepsMin * casesInLedger),
        Schema.isMaxLength(stepsMax * casesInLedger)
      )
    ],
    ([steps]) => onFarm(replaysAfter(casesInLedger, steps)),
    options
  )

  it.effect.prop(
    "is moved by no line that is refused",
    [Schema.Array(BadLine).check(Schema.isMinLength(casesInLedger), Schema.isMaxLength(casesInLedger))],
    ([lines]) => onFarm(movesNothing(lines)),
    options
  )
})
