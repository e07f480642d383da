import { assert, describe, it } from "@effect/vitest"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect } from "effect"
import { setTimeZone, showTimeZone } from "../src/trackerTimeZone.ts"
import { servedFarm } from "./servedFarm.ts"

describe("the commands of the time zone", () => {
  it.live("show the zone, change it from the next day on, and say in a line why not", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      assert.match((yield* run(showTimeZone())).out, /^days are counted in UTC; today is \d{4}-\d\d-\d\d\n$/)
      const { out } = yield* run(setTimeZone({ zone: "Pacific/Auckland" }))
      const [, next = ""] = out.split("\n")
      assert.match(next, /^from \S+ on, which begins at \S+Z, in Pacific\/Auckland; what was counted stays counted$/)
      assert.strictEqual(JSON.parse((yield* run(showTimeZone(), true)).out).next.time_zone, "Pacific/Auckland")
      assert.deepInclude(yield* Effect.flip(run(setTimeZone({ zone: "Pacific/Auckland" }))), {
        code: "same_zone",
        exitCode: exitCodes.dataInvalid
      })
      assert.deepInclude(yield* Effect.flip(run(setTimeZone({ zone: "Mars/Base" }))), {
        code: "unknown_zone",
        detail: '"Mars/Base" is no time zone; use a name such as Europe/Berlin or UTC.'
      })
      assert.deepInclude(yield* Effect.flip(run(setTimeZone({ zone: "UTC" }), false, false)), {
        code: "no_owner_token"
      })
    }).pipe(Effect.scoped)
  )
})
