import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { defaultRules, rulesHash } from "@farmops/core/scoring/Rules"
import { Effect } from "effect"
import { checkRules, setRules, showRules } from "../src/trackerRules.ts"
import { folder, servedFarm } from "./servedFarm.ts"

/** A folder with such a file of rules. */
const rulesFile = Effect.fnUntraced(function* (text: string) {
  const cwd = yield* folder
  writeFileSync(join(cwd, "rules.yaml"), text)
  return { file: "rules.yaml", cwd }
})

describe("the commands of the rules", () => {
  it.live("show the rules in force, check a file, pay by it and say what is another way now", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      assert.include((yield* run(showRules())).out, `hash ${rulesHash(defaultRules)}`)
      const place = yield* rulesFile("daily_ceiling: 700\nfatigue_free: off\n")
      const checked = yield* run(checkRules(place), false, false)
      assert.match(checked.out, /^ok\n\nsetting +value +meaning\n/)
      const { out } = yield* run(setRules(place))
      assert.match(
        out,
        /^fatigue_free: 4 → off\ndaily_ceiling: 600 → 700\nfrom line \d+ of the ledger on; what was paid stays paid\n$/
      )
      assert.strictEqual((yield* run(setRules(place))).out, "the farm pays by these rules already\n")
      const rules = { ...defaultRules, daily_ceiling: 700, fatigue_free: null }
      assert.deepStrictEqual(JSON.parse((yield* run(showRules(), true)).out), { ruleset_hash: rulesHash(rules), rules })
    }).pipe(Effect.scoped)
  )

  it.live("tell every fault of a file with its line, and change nothing by it", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      const place = yield* rulesFile("daily_ceiling: many\nstreak_bonsu: 1\n")
      const error = yield* Effect.flip(run(setRules(place)))
      assert.strictEqual(error._tag, "RulesInvalid")
      assert.match(
        error.message,
        /^rules\.yaml:1:1: daily_ceiling: expected .*\nrules\.yaml:2:\d+: streak_bonsu: expected /
      )
      assert.include((yield* run(showRules())).out, `hash ${rulesHash(defaultRules)}`)
      const missing = yield* Effect.flip(run(checkRules({ ...place, file: "nothing.yaml" })))
      assert.deepInclude(missing, { code: "unreadable", exitCode: exitCodes.io })
      assert.deepInclude(yield* Effect.flip(run(checkRules({ ...place, file: "." }))), { code: "not_a_file" })
      const large = yield* rulesFile("#".repeat(70_000))
      assert.deepInclude(yield* Effect.flip(run(checkRules(large))), { code: "too_large" })
    }).pipe(Effect.scoped)
  )
})
