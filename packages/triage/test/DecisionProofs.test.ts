import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { parseProof } from "@farmops/proof/verify"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { ActionLog } from "../src/ActionLog.ts"
import { makeProveRecorded } from "../src/proofs/DecisionProofs.ts"
import { verifyDecisions } from "../src/proofs/verifyDecisions.ts"
import { triageMigrations } from "../src/triageTables.ts"
import { entryOf } from "./issues.ts"

const taskOf = (n: number) => `0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a${String(n).padStart(2, "0")}`
const options = { clusterAlias: "harness", botUser: "triage-bot" }

const database = Database.layerMigrations("harness", triageMigrations).pipe(
  Layer.provideMerge(Database.layer(":memory:"))
)
const layer = ProofChain.layer.pipe(
  Layer.provide(ProofBuilder.layer),
  Layer.provide(FarmSalt.layerMemory),
  Layer.provideMerge(Layer.mergeAll(ProofLogSql.layer, AgentKey.layerMemory, ActionLog.layer)),
  Layer.provide(Ed25519Node.layer),
  Layer.provideMerge(database)
)

const onChain = <A, E>(
  effect: Effect.Effect<A, E, ProofChain | ProofLog | AgentKey | ActionLog | SqlClient.SqlClient>
) => Effect.andThen(TestClock.setTime(Date.parse("2026-03-10T12:00:00Z")), Effect.provide(effect, layer))

const record = Effect.fnUntraced(function* (n: number) {
  yield* (yield* ActionLog).record(
    entryOf(taskOf(n), [
      { type: "add_label", label: "bug" },
      { type: "comment", body: "Thank you." }
    ])
  )
})

const verified = Effect.flatMap(AgentKey, ({ publicKey }) => verifyDecisions(publicKey))

const threeProved = Effect.gen(function* () {
  for (const n of [1, 2, 3]) yield* record(n)
  const prove = yield* makeProveRecorded(options)
  assert.strictEqual(yield* prove, 3)
})

describe("the proofs of decisions", () => {
  it.effect("are one for each decision, in the log's order, however often they are asked for", () =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        yield* record(4)
        // As after a restart: nothing is known of what was proved.
        const prove = yield* makeProveRecorded(options)
        assert.strictEqual(yield* prove, 1)
        assert.strictEqual(yield* prove, 0)
        const entries = yield* (yield* ProofLog).entriesAfter(-1, 10)
        assert.deepStrictEqual(
          entries.map(({ observationId }) => observationId),
          [1, 2, 3, 4].map((n) => `farmops/triage/${taskOf(n)}`)
        )
        assert.deepStrictEqual(yield* verified, { ok: true, decisions: 4, proofs: 4, chainFault: null, faults: [] })
      })
    )
  )

  it.effect("say that a bot triaged an issue, and nothing of which or how", () =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        const [entry] = yield* (yield* ProofLog).entriesAfter(-1, 1)
        const parsed = parseProof(entry?.line ?? "")
        if (!parsed.ok) return assert.fail("the line is no proof")
        const { action, actor, outcome } = parsed.value.proof
        assert.deepInclude(action, {
          plugin: "farmops/harness",
          action_type: "review",
          category: "toil",
          description: "Triaged an issue"
        })
        assert.strictEqual(actor.actor_type, "bot")
        assert.strictEqual(outcome.status, "success")
        assert.notMatch(entry?.line ?? "", /octo|farm\/|crash|Thank you|triage-bot/)
      })
    )
  )

  it.effect("of decisions in shadow earn nothing", () =>
    onChain(
      Effect.gen(function* () {
        const entry = entryOf(taskOf(1), [{ type: "add_label", label: "bug" }])
        const shadow = entry.actions.map((one) => ({ ...one, mode: "shadow", state: "shadow" as const }))
        yield* (yield* ActionLog).record({ ...entry, actions: shadow })
        yield* yield* makeProveRecorded(options)
        const [proof] = yield* (yield* ProofLog).entriesAfter(-1, 1)
        assert.match(proof?.line ?? "", /"status":"partial"/)
      })
    )
  )
})

describe("a verification", () => {
  const rewrites: ReadonlyArray<readonly [string, string]> = [
    ["the rationale", "UPDATE action_log SET rationale = 'another' WHERE id = 2"],
    ["the decision", "UPDATE action_log SET decision = 'close' WHERE id = 2"],
    ["what was asked for", "UPDATE action_log SET actions = '[]' WHERE id = 2"],
    ["the issue", "UPDATE action_log SET issue_id = 8 WHERE id = 2"],
    ["the time", "UPDATE action_log SET timestamp = '2026-03-09 12:00:00' WHERE id = 2"],
    ["the agent", "UPDATE decision_detail SET agent = 'another' WHERE log_id = 2"],
    [
      "what an action does",
      `UPDATE "action" SET action = '{"type":"comment","body":"x"}' WHERE log_id = 2 AND position = 1`
    ],
    ["what the policy said", `UPDATE "action" SET verdict = 'cap_hour' WHERE log_id = 2 AND position = 0`],
    ["the mode", `UPDATE "action" SET mode = 'shadow' WHERE log_id = 2 AND position = 0`],
    ["whose issue an action is for", `UPDATE "action" SET issue = 77 WHERE log_id = 2 AND position = 0`],
    ["whose repository it is for", `UPDATE "action" SET repo = 'x/y' WHERE log_id = 2 AND position = 0`],
    ["which decision it is of", `UPDATE "action" SET log_id = 1 WHERE log_id = 2 AND position = 0`],
    ["that there was an action", `DELETE FROM "action" WHERE log_id = 2 AND position = 1`]
  ]

  it.effect.each(rewrites)("finds that somebody rewrote %s", ([, statement]) =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        yield* (yield* SqlClient.SqlClient).unsafe(statement)
        assert.deepInclude(yield* verified, {
          ok: false,
          faults: [{ fault: "rewritten", taskId: taskOf(2), logId: 2 }]
        })
      })
    )
  )

  it.effect("finds a decision that is gone, and one that was put in", () =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        const sql = yield* SqlClient.SqlClient
        yield* sql`DELETE FROM "action" WHERE log_id = 2`
        yield* sql`DELETE FROM decision_detail WHERE log_id = 2`
        yield* sql`DELETE FROM action_log WHERE id = 2`
        yield* record(9)
        assert.deepInclude(yield* verified, {
          ok: false,
          decisions: 3,
          faults: [
            { fault: "unproved", taskId: taskOf(9), logId: 4 },
            { fault: "removed", taskId: taskOf(2), logId: null }
          ]
        })
      })
    )
  )

  it.effect("finds a decision that was put in between those that have their proofs", () =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        const sql = yield* SqlClient.SqlClient
        yield* record(9)
        yield* sql`PRAGMA foreign_keys = OFF`
        yield* sql`UPDATE decision_detail SET log_id = -1 WHERE task_id = ${taskOf(9)}`
        yield* sql`UPDATE action_log SET id = -1 WHERE id = 4`
        yield* sql`UPDATE "action" SET log_id = -1 WHERE log_id = 4`
        const { faults, ok } = yield* verified
        assert.isFalse(ok)
        assert.deepStrictEqual(
          faults.map(({ fault }) => fault),
          ["inserted"]
        )
      })
    )
  )

  it.effect("finds rows that belong to no decision", () =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        const sql = yield* SqlClient.SqlClient
        yield* sql`INSERT INTO action_log (id, repo, issue_id, task_type, decision)
          VALUES (9, 'x/y', 1, 'issue.triage', 'close')`
        yield* sql`PRAGMA foreign_keys = OFF`
        yield* sql`INSERT INTO "action" (key, log_id, task_id, position, repo, issue, type, action, mode, verdict, state, tries, planned_at)
          SELECT 'k', log_id, 'nobody', position, repo, issue, type, action, mode, verdict, 'planned', 0, planned_at
          FROM "action" WHERE log_id = 2 AND position = 0`
        assert.deepInclude(yield* verified, {
          ok: false,
          faults: [
            { fault: "stray", taskId: "", logId: 9 },
            { fault: "stray", taskId: "nobody", logId: null }
          ]
        })
      })
    )
  )

  it.effect("finds a proof that was changed with the row", () =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE agent_proof SET line = replace(line, '"success"', '"failure"') WHERE sequence = 1`
        assert.deepInclude(yield* verified, { ok: false, chainFault: "bad_signature in proof 2" })
      })
    )
  )

  it.effect("takes a change of an action's progress for none", () =>
    onChain(
      Effect.gen(function* () {
        yield* threeProved
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE "action" SET state = 'executing', tries = 1 WHERE log_id = 2`
        assert.deepInclude(yield* verified, { ok: true, faults: [] })
      })
    )
  )
})
