import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { livesThrough, ShopStep } from "./shopStories.ts"

describe("a farm that earns and spends", () => {
  it.effect.prop(
    "has the coins and things that its steps leave it, and replays to the bytes that it stores",
    [Schema.Array(ShopStep).check(Schema.isMinLength(5), Schema.isMaxLength(30))],
    ([steps]) => livesThrough(steps),
    { arbitrary: { runs: 60 } }
  )
})
