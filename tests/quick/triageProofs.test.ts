/** A harness that enrols with a real tracker: its decisions are proofs there, scored on the board of bots. */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Database from "@farmops/core/sql/Database"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { RunningTracker, trackerLayer } from "@farmops/tracker/layer"
import { ActionLog } from "@farmops/triage/ActionLog"
import { HarnessChain, layerHarnessChain } from "@farmops/triage/proofs/HarnessChain"
import { verifyDecisions } from "@farmops/triage/proofs/verifyDecisions"
import { triageMigrations } from "@farmops/triage/triageTables"
import { DecisionProver } from "@farmops/triage/work/triagePorts"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { eventually } from "./FarmProcess.ts"

const Stats = Schema.Struct({
  boards: Schema.Array(
    Schema.Struct({ board: Schema.String, category: Schema.String, proofs: Schema.Int, coins: Schema.Int })
  )
})

const Scored = Schema.Struct({ proofs: Schema.Array(Schema.Struct({ coins: Schema.Int })) })

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-triage-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const startTracker = Effect.fnUntraced(function* (folder: string) {
  const services = yield* Layer.build(
    trackerLayer({
      dbUrl: `sqlite://${folder}/tracker.db`,
      port: 0,
      grpcPort: null,
      host: "127.0.0.1",
      dataDir: join(folder, "tracker"),
      timeZone: "UTC",
      farmName: "Test farm",
      sample: false,
      needsOwnerToken: true
    })
  )
  const { ownerToken, url } = Context.get(services, RunningTracker)
  const token = ownerToken === null ? "" : Redacted.value(ownerToken)
  const get = (path: string) =>
    Effect.promise(async () =>
      (await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).json()
    )
  const approve = (agentId: string) =>
    Effect.promise(() =>
      fetch(`${url}/api/v1/agents/${agentId}/approve`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` }
      })
    )
  return { url, get, approve }
})

const harness = (folder: string, url: string) => {
  const database = Database.layerMigrations("harness", triageMigrations).pipe(
    Layer.provideMerge(Database.layer(`sqlite://${folder}/memory.db`))
  )
  return layerHarnessChain({
    clusterAlias: "harness",
    botUser: "triage-bot",
    dataDir: join(folder, "harness"),
    tracker: { url }
  }).pipe(Layer.provideMerge(Layer.mergeAll(ProofLogSql.layer, ActionLog.layer)), Layer.provideMerge(database))
}

/** Records a decision whose label goes on at once, or one that is only thought through. */
const record = Effect.fnUntraced(function* (n: number, mode: "live" | "shadow") {
  const taskId = `0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a${String(n).padStart(2, "0")}`
  const action = { type: "add_label", label: "bug" } as const
  yield* (yield* ActionLog).record({
    taskId,
    taskType: "issue.triage",
    repo: "octo/farm",
    seen: {
      number: n,
      title: "It crashes",
      body: null,
      state: "open",
      locked: false,
      labels: [],
      assignees: [],
      user: { login: "stranger", type: "User" },
      author_association: "NONE",
      comments: 0,
      created_at: "2026-01-31T09:00:00Z",
      updated_at: "2026-01-31T09:00:00Z",
      closed_at: null
    },
    decision: { task_id: taskId, decision: "label_and_respond", rationale: "a crash", actions: [action] },
    batch: "2026-01-31",
    agent: "keyword",
    actions: [{ action, mode, verdict: "allowed", state: mode === "live" ? "planned" : "shadow" }]
  })
  yield* (yield* DecisionProver).prove(taskId)
})

const delivered = Effect.fnUntraced(function* (count: number) {
  const { standing } = yield* HarnessChain
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  yield* Effect.promise(() =>
    eventually(`${count} delivered`, async () => ((await run(standing)).outbox?.delivered === count ? true : null))
  )
})

describe("a harness with a tracker", () => {
  it.live("enrols, is not held up until it is approved, and then its decisions score on the board of bots", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const tracker = yield* startTracker(folder)
      yield* Effect.gen(function* () {
        const chain = yield* HarnessChain
        yield* record(1, "live")
        yield* record(2, "shadow")
        const { agentId, publicKey, state } = yield* chain.standing
        assert.strictEqual(state, "waiting")
        assert.strictEqual((yield* verifyDecisions(publicKey)).faults.length, 2)
        yield* Effect.promise(() =>
          eventually("the enrolment", async () => {
            const answer = await Effect.runPromise(tracker.get("/agents"))
            return JSON.stringify(answer).includes(agentId) ? true : null
          })
        )
        yield* tracker.approve(agentId)
        yield* delivered(2)
        yield* record(3, "live")
        yield* delivered(3)
        const { boards } = Schema.decodeUnknownSync(Stats)(yield* tracker.get("/farm/stats"))
        assert.lengthOf(boards, 1)
        // The one in shadow is in the ledger, and nobody had anything of it.
        assert.deepInclude(boards[0], { board: "bot", category: "toil", proofs: 3 })
        const coins = Schema.decodeUnknownSync(Scored)(yield* tracker.get("/proofs")).proofs.map((one) => one.coins)
        assert.strictEqual(coins.filter((paid) => paid > 0).length, 2)
        assert.deepInclude(yield* verifyDecisions(publicKey), { ok: true, decisions: 3, proofs: 3, faults: [] })
        assert.strictEqual(statSync(join(folder, "harness/farm-salt")).mode & 0o777, 0o600)
      }).pipe(Effect.provide(harness(folder, tracker.url)))
    }).pipe(Effect.provide(NodeServices.layer), Effect.scoped)
  )
})
