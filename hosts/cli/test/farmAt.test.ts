import { assert, describe, it } from "@effect/vitest"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, Option } from "effect"
import { CommandFailed } from "../src/CommandFailed.ts"
import { showFarm } from "../src/farm.ts"
import { servedFarm } from "./servedFarm.ts"

const exitOf = (error: unknown) =>
  error instanceof CommandFailed ? error : assert.fail(`not a failure of a command: ${String(error)}`)

describe("the command `farm --at`", () => {
  it.live("draws the farm as it stood, and says in a line why it cannot", () =>
    Effect.gen(function* () {
      const run = yield* servedFarm
      const at = (moment: string, watch = false) => showFarm({ watch, at: Option.some(moment) })
      const now = JSON.parse((yield* run(showFarm({ watch: false, at: Option.none() }), true)).out)
      assert.deepInclude(JSON.parse((yield* run(at("2"), true)).out), { proofs: 1 })
      assert.deepInclude(JSON.parse((yield* run(at("5"), true)).out), { proofs: now.proofs })
      assert.include((yield* run(at("2"))).out, "Test farm")
      const { code, exitCode } = exitOf(yield* Effect.flip(run(at("2001-01-01"))))
      assert.deepStrictEqual([code, exitCode], ["before_founding", exitCodes.dataInvalid])
      assert.strictEqual(exitOf(yield* Effect.flip(run(at("then")))).code, "bad_moment")
      assert.strictEqual(exitOf(yield* Effect.flip(run(at("2", true)))).exitCode, exitCodes.usage)
    }).pipe(Effect.scoped)
  )
})
