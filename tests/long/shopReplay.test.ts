/** What must hold of every life of a farm that earns and spends: `LIVES` of them (5,000 unless told: twenty minutes on a busy machine). */
import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { livesThrough, ShopStep } from "../../packages/core/test/shopStories.ts"

const cases = Number(process.env.LIVES ?? 5_000)

describe(`with ${cases} random lives of a farm`, () => {
  it.effect.prop(
    "it has the coins and things that its steps leave it, and replays to the bytes that it stores",
    [Schema.Array(ShopStep).check(Schema.isMinLength(10), Schema.isMaxLength(60))],
    ([steps]) => livesThrough(steps),
    { arbitrary: { runs: cases } }
  )
})
