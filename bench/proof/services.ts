/** The same work through the services that programs use: appending with `ProofChain`, auditing on two cores with `AuditPool`. */
import { AgentKey } from "@farmops/proof/AgentKey"
import { AuditPool } from "@farmops/proof/AuditPool"
import * as Ed25519Sodium from "@farmops/proof/Ed25519Sodium"
import { FarmSalt } from "@farmops/proof/FarmSalt"
import { ProofBuilder, type VerifiedWork } from "@farmops/proof/ProofBuilder"
import { ProofChain } from "@farmops/proof/ProofChain"
import { ProofLog } from "@farmops/proof/ProofLog"
import { DateTime, Effect, Layer, ManagedRuntime, Redacted } from "effect"
import type { Key, Records } from "./records.ts"
import { type Case, makeCase, type Timed } from "./rounds.ts"

const work = (at: number): VerifiedWork => ({
  timestamp: DateTime.makeUnsafe("2026-02-21T09:30:00Z"),
  clusterAlias: "prod-eu-1",
  actor: { identifier: Redacted.make(`person-${at % 7}@example.org`), type: "human" },
  action: {
    plugin: "farmops/k8s-pod-health",
    action_type: "verify",
    category: "maintenance",
    subcategory: null,
    description: `Verified pod health (${at} pods healthy)`
  },
  status: "success",
  evidence: new Uint8Array(200).fill(at),
  hints: { complexity: "low", impact_radius: 3, artifacts_touched: at, time_spent_seconds: null }
})

/** Everything from evidence to log: salts, hashes, signature, one writer at a time. */
export const chainAppend = (count: number): Case =>
  makeCase(count, () => {
    const agent = ManagedRuntime.make(
      ProofChain.layer.pipe(
        Layer.provide([ProofBuilder.layer, Layer.fresh(ProofLog.layerMemory)]),
        Layer.provide([AgentKey.layerMemory, FarmSalt.layerMemory]),
        Layer.provide(Ed25519Sodium.layer)
      )
    )
    return (from, to) =>
      agent.runSync(
        Effect.gen(function* () {
          const chain = yield* ProofChain
          for (let at = from; at < to; at++) yield* chain.append(work(at), String(at))
        })
      )
  })

/** Records that the threads verify first, for the compiler. */
const warmUp = 5000
/** Half of the records say as much as all: six audits, and no slices. */
const share = 2

/** Full audits by one worker and by two, in turn; threads are started before the time. */
export const auditOnCores = (records: Records, key: Key, rounds: number) => {
  const secondsOf = (pool: AuditPool["Service"], lines: ReadonlyArray<Uint8Array>) =>
    Effect.gen(function* () {
      const began = performance.now()
      const verdict = yield* pool.audit(lines, key.publicKeyHex)
      if (!verdict.ok) return yield* Effect.die(new Error("a good chain was refused"))
      return (performance.now() - began) / 1000
    })
  return Effect.gen(function* () {
    const poolOf = (workers: number) =>
      Effect.map(Layer.build(AuditPool.layer({ backend: "sodium", workers })), (services) =>
        Effect.provide(AuditPool, services)
      )
    const [one, two] = [yield* yield* poolOf(1), yield* yield* poolOf(2)]
    const count = Math.ceil(records.count / share)
    const stored = records.stored.slice(0, count)
    const [alone, together]: readonly [Timed, Timed] = [
      { count, seconds: [] },
      { count, seconds: [] }
    ]
    for (const pool of [one, two]) yield* secondsOf(pool, stored.slice(0, warmUp))
    for (let round = 0; round < rounds; round++) {
      alone.seconds.push(yield* secondsOf(one, stored))
      together.seconds.push(yield* secondsOf(two, stored))
    }
    return { alone, together }
  }).pipe(Effect.scoped, Effect.runPromise)
}
