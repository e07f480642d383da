/** What the farm's past must answer in every life of a farm: `LIVES` of them (2,000 unless told). */
import { describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { testNow } from "../../packages/core/test/farmLayers.ts"
import { HistoryStep, historyLayer, pastIsKept } from "../../packages/core/test/historyStories.ts"

const cases = Number(process.env.LIVES ?? 2_000)

describe(`with ${cases} random lives of a farm`, () => {
  it.effect.prop(
    "its past is answered as it was seen, and its present to the byte",
    [Schema.Array(HistoryStep).check(Schema.isMinLength(5), Schema.isMaxLength(40))],
    ([steps]) =>
      Effect.andThen(TestClock.setTime(Date.parse(testNow)), Effect.provide(pastIsKept(steps), historyLayer())),
    { arbitrary: { runs: cases }, timeout: Math.max(60_000, cases * 5_000) }
  )
})
