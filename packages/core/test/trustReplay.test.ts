import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { onFarm } from "./farmLayers.ts"
import { BadLine, movesNothing, replaysAfter, Step } from "./trustStories.ts"

const agents = 3

describe("a ledger of agents that come and go", () => {
  it.effect.prop(
    "replays to the bytes that it stores, whatever happened to its agents' keys",
    [Schema.Array(Step).check(Schema.isMinLength(4), Schema.isMaxLength(30))],
    ([steps]) => onFarm(replaysAfter(agents, steps)),
    { arbitrary: { runs: 40 } }
  )

  it.effect.prop(
    "is not moved by what it refuses",
    [Schema.Array(BadLine).check(Schema.isMinLength(20), Schema.isMaxLength(20))],
    ([lines]) => onFarm(movesNothing(lines)),
    { arbitrary: { runs: 5 } }
  )
})
