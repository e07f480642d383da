import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { FarmHistory, foldLinesMax } from "../src/farm/history/FarmHistory.ts"
import { parseMoment } from "../src/farm/history/parseMoment.ts"
import { LedgerTimeZone } from "../src/farm/LedgerTimeZone.ts"
import { Milestones } from "../src/farm/milestones/Milestones.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { checkpointLayer } from "./checkpointLayers.ts"
import { approvedTestAgent, testNow } from "./farmLayers.ts"
import { farmAt, HistoryStep, historyLayer, pastIsKept } from "./historyStories.ts"
import { earn } from "./shopFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const setClock = (time: string) => TestClock.setTime(Date.parse(time))

const onHistory = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.andThen(setClock(testNow), Effect.provide(test, historyLayer()))

const codeAt = (at: string) =>
  Effect.map(Effect.flip(farmAt(at)), (error) => (error._tag === "MomentRefused" ? error.code : error._tag))

describe("FarmHistory", () => {
  it.effect.prop(
    "answers with the farm as it stood, whatever was bought, decided, moved, revoked and kept since",
    [Schema.Array(HistoryStep).check(Schema.isMinLength(5), Schema.isMaxLength(15))],
    ([steps]) => onHistory(pastIsKept(steps)),
    { arbitrary: { runs: 5 }, timeout: 60_000 }
  )

  it.effect("takes a time, a farm-day or a line, and says what is none of this farm's past", () =>
    onHistory(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 1, "2026-03-04")
        yield* (yield* LedgerTimeZone).change("Pacific/Auckland")
        yield* setClock("2026-03-05T10:59:59Z")
        yield* earn(agent, 1, "2026-03-05")
        // The long day of the 4th lasts until 11:00 UTC of the 5th, and the 5th is left out.
        yield* setClock("2026-03-05T11:00:00Z")
        yield* earn(agent, 1, "2026-03-05")
        yield* setClock("2026-03-06T11:00:00Z")
        assert.deepInclude(yield* farmAt("2026-03-04"), { proofs: 2, farm_day: "2026-03-04", time_zone: "UTC" })
        assert.deepInclude(yield* farmAt("2026-03-05"), { proofs: 2, farm_day: "2026-03-04" })
        assert.deepInclude(yield* farmAt("2026-03-06"), { proofs: 3, farm_day: "2026-03-06" })
        assert.deepInclude(yield* farmAt("2026-03-05T10:59:58Z"), { proofs: 1, today_coins: 23 })
        assert.deepInclude(yield* farmAt("1"), { proofs: 1, farm_day: "2026-03-04" })
        assert.deepInclude(yield* farmAt("0"), { proofs: 0, total_coins: 0 })
        const codes: ReadonlyArray<readonly [string, string]> = [
          ["5", "no_such_line"],
          ["2026-03-06T11:00:01Z", "in_future"],
          ["2026-03-09", "in_future"],
          ["2026-03-03", "before_founding"],
          ["2026-03-04T09:59:59Z", "before_founding"],
          ["yesterday", "bad_moment"],
          ["2026-02-30", "bad_moment"],
          ["2026-03-04T25:00:00Z", "bad_moment"],
          ["-1", "bad_moment"],
          ["01", "bad_moment"]
        ]
        for (const [at, code] of codes) assert.strictEqual(yield* codeAt(at), code, at)
        assert.deepStrictEqual(parseMoment("812"), { kind: "line", position: 812 })
      })
    )
  )

  it.effect("tells the past as the ledger now judges it: what was voided since counted for nothing", () =>
    onHistory(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 2)
        const before = yield* farmAt("2")
        assert.isAbove(before.total_coins, 0)
        yield* (yield* TrustStore).revoke(agent.agentId, null)
        assert.deepInclude(yield* farmAt("2"), { proofs: 2, total_coins: 0 })
      })
    )
  )

  it.effect("scores no more lines for an answer than it may, and begins at a milestone", () =>
    onHistory(
      Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 2)
        yield* (yield* Milestones).keep
        yield* earn(agent, 1)
        const sql = yield* SqlClient.SqlClient
        const shown = yield* farmAt("3")
        // As if a hundred thousand lines lay between the two proofs of before and the last.
        const far = foldLinesMax + 3
        yield* sql`UPDATE tracker_proof SET position = ${far} WHERE position = 3`
        assert.strictEqual(yield* codeAt(String(far)), "too_far")
        // What lies before a milestone is not read again.
        yield* sql`UPDATE tracker_proof SET position = 4 WHERE position = ${far}`
        yield* sql`UPDATE tracker_proof SET line = 'damaged' WHERE position < 3`
        assert.deepInclude(yield* farmAt("4"), { proofs: shown.proofs, total_coins: shown.total_coins })
      })
    )
  )

  it.effect("lets one in at a time, and only so many wait", () =>
    onHistory(
      Effect.gen(function* () {
        yield* earn(yield* approvedTestAgent, 3)
        const asked = Array.from({ length: 12 }, (_, at) => Effect.result(farmAt(String(at % 3))))
        const answers = yield* Effect.all(asked, { concurrency: "unbounded" })
        const refused = answers.filter(Result.isFailure)
        assert.isNotEmpty(refused)
        assert.deepStrictEqual([...new Set(refused.map(({ failure }) => failure._tag))], ["HistoryBusy"])
        assert.isAtLeast(answers.filter(Result.isSuccess).length, 8)
        // Who gives up makes room.
        const gone = yield* Effect.forEach(asked, (one) => Effect.forkChild(one))
        yield* Fiber.interruptAll(gone)
        assert.deepInclude(yield* farmAt("1"), { proofs: 1 })
      })
    )
  )

  it.effect("says of lines that are in an archive that they are, and tells what came after", () =>
    Effect.gen(function* () {
      yield* setClock(testNow)
      const folder = yield* temporaryFolder
      const farm = FarmHistory.layer.pipe(
        Layer.provideMerge(Milestones.layer(1)),
        Layer.provideMerge(checkpointLayer(join(folder, "tracker.db")))
      )
      yield* Effect.gen(function* () {
        const agent = yield* approvedTestAgent
        yield* earn(agent, 3)
        yield* (yield* Checkpointer).checkpoint
        const then = yield* farmAt("2")
        const file = join(folder, "a.farmops-archive")
        yield* (yield* LedgerArchive).archive({ type: "before_size", size: 1_000_000 }, file)
        yield* (yield* Milestones).keep
        yield* earn(agent, 1)
        assert.deepInclude(yield* farmAt("5"), { proofs: 4 })
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* codeAt("1"), "BodiesArchived")
        yield* (yield* LedgerArchive).restore(file)
        assert.deepStrictEqual(yield* farmAt("2"), then)
      }).pipe(Effect.provide(farm))
    }).pipe(Effect.scoped)
  )
})
