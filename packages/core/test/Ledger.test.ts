import { assert, describe, it } from "@effect/vitest"
import { Ed25519 } from "@farmops/proof/Ed25519"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { verifyStatement } from "@farmops/proof/signedStatement"
import { verifyChain } from "@farmops/proof/verify"
import { Effect, Fiber, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { FarmFeed, watchersMax } from "../src/farm/FarmFeed.ts"
import { FarmSnapshot } from "../src/farm/FarmSnapshot.ts"
import { FarmState } from "../src/farm/FarmState.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { ProofIntake } from "../src/farm/ProofIntake.ts"
import { SnapshotSigner } from "../src/farm/SnapshotSigner.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { approvedTestAgent, onFarm } from "./farmLayers.ts"

const bot = { actor_hash: "ee".repeat(32), actor_type: "bot" } as const

describe("Ledger", () => {
  it.effect("shows an empty farm before the first proof", () =>
    onFarm(
      Effect.gen(function* () {
        const farm = yield* (yield* Ledger).farm
        assert.deepInclude(farm, {
          name: "Test farm",
          total_coins: 0,
          level: 1,
          streak_days: 0,
          last_active: null,
          farm_day: "2026-03-04",
          proofs: 0,
          ceiling: 600,
          updated_at: "2026-03-04T10:00:00Z"
        })
        assert.strictEqual(farm.categories.length, 6)
        assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(FarmState)(farm), farm)
      })
    )
  )

  it.effect("counts people's coins and machines' coins apart", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const agent = yield* approvedTestAgent
        const machine = yield* intake.accept(yield* agent.next((proof) => ({ ...proof, actor: bot })))
        const again = yield* intake.accept(yield* agent.next((proof) => ({ ...proof, actor: bot })))
        const person = yield* intake.accept(yield* agent.next())
        const farm = yield* (yield* Ledger).farm
        assert.deepInclude(farm, {
          total_coins: person.coins,
          today_coins: person.coins,
          bot_coins: machine.coins + again.coins,
          proofs: 3,
          streak_days: 1
        })
        assert.strictEqual(
          farm.categories.reduce((sum, { total_coins }) => sum + total_coins, 0),
          farm.total_coins
        )
      })
    )
  )

  it.effect("turns to a new farm-day without a new proof", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        yield* intake.accept(yield* agent.next())
        yield* TestClock.adjust("1 day")
        assert.deepInclude(yield* ledger.farm, { farm_day: "2026-03-05", today_coins: 0, streak_days: 1 })
        yield* TestClock.adjust("1 day")
        assert.deepInclude(yield* ledger.farm, { farm_day: "2026-03-06", streak_days: 0 })
      })
    )
  )

  it.effect("lists newest first, page by page, for all agents and for one", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        const one = yield* approvedTestAgent
        const other = yield* approvedTestAgent
        for (let round = 0; round < 3; round++) {
          yield* intake.acceptBatch([yield* one.next(), yield* other.next()])
        }
        const walk = Effect.fnUntraced(function* (agentId: string | null) {
          const seen: Array<readonly [string, number]> = []
          for (let cursor: number | null = null; ; ) {
            const page: Effect.Success<ReturnType<typeof ledger.page>> = yield* ledger.page({
              limit: 2,
              cursor,
              agentId
            })
            seen.push(...page.proofs.map(({ proof }) => [proof.agent.agent_id, proof.sequence] as const))
            if (page.next_cursor === null) return seen
            cursor = page.next_cursor
          }
        })
        const [a, b] = [one.agentId, other.agentId]
        assert.deepStrictEqual(yield* walk(null), [
          [b, 2],
          [a, 2],
          [b, 1],
          [a, 1],
          [b, 0],
          [a, 0]
        ])
        assert.deepStrictEqual(yield* walk(a), [
          [a, 2],
          [a, 1],
          [a, 0]
        ])
        assert.deepStrictEqual(yield* ledger.page({ limit: 5, cursor: null, agentId: "nobody" }), {
          proofs: [],
          next_cursor: null
        })
      })
    )
  )

  it.effect("exports a chain that verifies alone, longer than one read", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        const sent = yield* agent.chain(600)
        yield* intake.acceptBatch(sent)
        const lines = yield* Stream.runCollect(yield* ledger.lines(agent.agentId))
        assert.deepStrictEqual([...lines], sent)
        assert.deepInclude(verifyChain(lines, agent.key.publicKey, nodeBackend), { ok: true, count: 600 })
        assert.strictEqual((yield* Effect.flip(ledger.lines("nobody")))._tag, "AgentUnknown")
      })
    )
  )

  it.effect("shows one proof with every factor of its reward, or says that there is none", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const ledger = yield* Ledger
        const agent = yield* approvedTestAgent
        const { coins, hash, proof_id } = yield* intake.accept(yield* agent.next())
        const scored = yield* ledger.proof(proof_id)
        assert.deepInclude(scored, { coins, hash, received_at: "2026-03-04T10:00:00Z" })
        assert.strictEqual(scored.scoring_detail.coins, coins)
        assert.strictEqual((yield* Effect.flip(ledger.proof("nothing")))._tag, "ProofNotFound")
      })
    )
  )

  it.effect("fails with its own error when a stored line is damaged", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const sql = yield* SqlClient.SqlClient
        const agent = yield* approvedTestAgent
        const { proof_id } = yield* intake.accept(yield* agent.next())
        yield* sql`UPDATE tracker_proof SET line = ${"{}"}`
        assert.strictEqual((yield* Effect.flip((yield* Ledger).proof(proof_id)))._tag, "LedgerUnavailable")
      })
    )
  )
})

describe("SnapshotSigner", () => {
  it.effect("signs sums that agree with the farm, in the documented form", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const signer = yield* SnapshotSigner
        const key = yield* TrackerKey
        const { backend } = yield* Ed25519
        const agent = yield* approvedTestAgent
        const days = ["2026-03-04", "2026-03-02", "2025-01-01"]
        yield* intake.acceptBatch(
          yield* agent.chain(6, (at) => (proof) => ({
            ...proof,
            timestamp: `${days[at % 3]}T08:00:00Z`,
            actor: at === 4 ? bot : proof.actor
          }))
        )
        const wire: unknown = JSON.parse(JSON.stringify(yield* signer.snapshot))
        const { body, public_key, signature } = yield* Schema.decodeUnknownEffect(FarmSnapshot)(wire)
        assert.strictEqual(public_key, key.publicKey)
        assert.isTrue(verifyStatement(backend, public_key, "farmops/snapshot/v1", body, signature))
        assert.isFalse(
          verifyStatement(backend, public_key, "farmops/snapshot/v1", { ...body, total_coins: 9999 }, signature)
        )
        const farm = yield* (yield* Ledger).farm
        assert.deepInclude(body, {
          name: "Test farm",
          sequence: 6,
          total_coins: farm.total_coins,
          bot_coins: farm.bot_coins,
          level: farm.level,
          as_of: "2026-03-04T10:00:00Z"
        })
        // Oldest first, without the bot, and without what is older than the window.
        assert.deepStrictEqual(
          body.days.map(({ day, proofs }) => [day, proofs]),
          [
            ["2026-03-02", 1],
            ["2026-03-04", 2]
          ]
        )
      })
    )
  )
})

describe("FarmFeed", () => {
  it.effect("gives the present state at once and one more for many commits", () =>
    onFarm(
      Effect.gen(function* () {
        const intake = yield* ProofIntake
        const feed = yield* FarmFeed
        const agent = yield* approvedTestAgent
        // What the approval itself makes known is over by then.
        yield* TestClock.adjust("1 second")
        const states = yield* feed.watch
        const watching = yield* Effect.forkChild(Stream.runCollect(Stream.take(states, 3)))
        yield* Effect.yieldNow
        yield* intake.accept(yield* agent.next())
        yield* TestClock.adjust("1 second")
        for (let more = 0; more < 20; more++) yield* intake.accept(yield* agent.next())
        yield* TestClock.adjust("1 second")
        const seen = (yield* Fiber.join(watching)).map(({ proofs }) => proofs)
        assert.strictEqual(seen[0], 0)
        assert.strictEqual(seen[1], 1)
        assert.isAbove(seen[2] ?? 0, 1)
      }).pipe(Effect.scoped)
    )
  )

  it.effect("turns away more watchers than it can bear, and takes new ones when some leave", () =>
    onFarm(
      Effect.gen(function* () {
        const feed = yield* FarmFeed
        yield* Effect.scoped(
          Effect.gen(function* () {
            for (let watchers = 0; watchers < watchersMax; watchers++) yield* feed.watch
            assert.strictEqual((yield* Effect.flip(feed.watch))._tag, "FeedFull")
          })
        )
        yield* Effect.scoped(feed.watch)
      })
    )
  )
})
