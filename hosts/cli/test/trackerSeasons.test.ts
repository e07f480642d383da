import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { openSeason, showSeasons } from "../src/trackerSeasons.ts"
import { servedFarm } from "./servedFarm.ts"

describe("the commands of the seasons", () => {
  it.live("open one, list all, and say in a line why not", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      assert.strictEqual((yield* run(showSeasons())).out, "no season was opened yet\n")
      const spring = { season: "spring", name: "In spring", ends: Option.some("2999-01-01T00:00:00Z") }
      const { out } = yield* run(openSeason(spring))
      assert.match(out, /^season +name +opened .*\nspring +In spring +\S+Z +2999-01-01T00:00:00Z +0 +0 +0 +0 +0 +0\n$/)
      assert.strictEqual(JSON.parse((yield* run(showSeasons(), true)).out).open.season, "spring")
      assert.deepInclude(yield* Effect.flip(run(openSeason(spring))), { code: "season_known" })
      assert.deepInclude(yield* Effect.flip(run(openSeason(spring), false, false)), { code: "no_owner_token" })
    }).pipe(Effect.scoped)
  )
})
