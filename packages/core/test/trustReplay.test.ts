import { assert, describe, it } from "@effect/vitest"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { type ChainHead, parseProof, verifyChain } from "@farmops/proof/verify"
import { Effect, Schema, Stream } from "effect"
import { emptyTotals, projectEntries, projectionBytes } from "../src/farm/FarmProjection.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { readCategories, readDays, readTotals } from "../src/farm/ProjectionStore.ts"
import { rebuildProjection } from "../src/farm/rebuildProjection.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import type { VoidCause } from "../src/farm/trust/voidFold.ts"
import { defaultRules } from "../src/scoring/Rules.ts"
import { approvedRecoverableAgent, onFarm } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import type { TestAgent } from "./proofFixture.ts"
import { assertReplays, send } from "./trustFixture.ts"

/** What may happen to one of three agents; `at` is a place in its chain, as a part of a hundred of its length. */
const Step = Schema.Struct({
  who: Schema.Literals([0, 1, 2]),
  what: Schema.Literals(["work", "work", "work", "rotate", "recover", "fork", "approve", "revoke"]),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
})
type Step = typeof Step.Type

/** One agent and what the test knows of its chain, apart from the tracker. */
interface Known {
  readonly agent: TestAgent
  readonly enrolled: string
  /** The heads of the present chain, by sequence. */
  chain: Array<ChainHead>
  status: "approved" | "frozen" | "revoked"
  readonly voids: Map<string, VoidCause>
}

const placeIn = ({ at }: Step, length: number): number => Math.floor((at * (length + 1)) / 100)

const voidFrom = (known: Known, sequence: number, cause: VoidCause) => {
  for (const { hash } of known.chain.slice(sequence)) if (!known.voids.has(hash)) known.voids.set(hash, cause)
}

const take = Effect.fnUntraced(function* (known: Known, line: string, from: number) {
  const [word] = yield* send(line)
  assert.strictEqual(word, "accepted")
  const head = known.agent.head()
  voidFrom(known, from, "recovery")
  known.chain = [...known.chain.slice(0, from), ...(head === null ? [] : [head])]
})

const run = Effect.fnUntraced(function* (known: Known, step: Step) {
  const trust = yield* TrustStore
  const { agent, chain } = known
  const end = chain.length
  if (known.status === "revoked") return
  if (step.what === "approve" && known.status === "frozen") {
    yield* trust.approve(agent.agentId)
    known.status = "approved"
  } else if (step.what === "revoke") {
    const last = chain[placeIn(step, end) - 1]
    yield* trust.revoke(agent.agentId, last === undefined ? null : { sequence: last.sequence, hash: last.hash })
    voidFrom(known, placeIn(step, end), "revocation")
    known.status = "revoked"
  } else if (step.what === "recover") {
    const place = placeIn(step, end)
    yield* take(known, yield* agent.recover(chain[place - 1] ?? null), place)
  } else if (known.status === "approved" && step.what === "fork" && end > 0) {
    const [word] = yield* send(yield* agent.after(chain[end - 2] ?? null))
    // After a change of key at the end of the chain, nothing has been signed with the new key yet.
    if (word === "forked") known.status = "frozen"
    else assert.strictEqual(word, "bad_signature")
  } else if (known.status === "approved" && (step.what === "work" || step.what === "rotate")) {
    yield* take(known, yield* step.what === "work" ? agent.next() : agent.rotate(), end)
  }
})

/** The sums of the proofs that count, folded here from the listed lines alone. */
const expectedBytes = Effect.gen(function* () {
  const dump = yield* dumpLedger
  const { foundedAt, timeZone } = yield* LedgerSettings
  const entries = dump.tracker_proof.map((row) => {
    const parsed = parseProof(String(row.line))
    if (!parsed.ok) return assert.fail(parsed.fault.code)
    return { proof: parsed.value.proof, receivedAt: String(row.received_at), isVoid: row.void !== null }
  })
  const counted = entries.filter(({ isVoid }) => !isVoid)
  const change = projectEntries(emptyTotals(foundedAt), counted, { rules: defaultRules, timeZone })
  const updatedAt = entries.at(-1)?.receivedAt ?? foundedAt
  return projectionBytes({ ...change, totals: { ...change.totals, length: entries.length, updatedAt } })
})

const storedBytes = Effect.gen(function* () {
  const stored = yield* readTotals()
  if (stored === null) return ""
  return projectionBytes({ totals: stored.totals, categories: yield* readCategories(), days: yield* readDays("") })
})

const checkAll = Effect.fnUntraced(function* (all: ReadonlyArray<Known>) {
  const ledger = yield* Ledger
  yield* assertReplays
  assert.strictEqual(yield* storedBytes, yield* expectedBytes)
  const before = yield* dumpLedger
  const marks = new Map(before.tracker_proof.filter((row) => row.void !== null).map((row) => [row.hash, row.void]))
  assert.deepEqual<unknown>([...marks].toSorted(), all.flatMap(({ voids }) => [...voids]).toSorted())
  for (const { agent, chain, enrolled } of all) {
    const lines = yield* Stream.runCollect(yield* ledger.lines(agent.agentId))
    const anchor = { publicKey: enrolled, recoveryKey: agent.recoveryKey?.publicKey ?? null }
    const verdict = verifyChain(lines, anchor, nodeBackend)
    assert.deepStrictEqual(verdict.ok ? verdict.head : verdict, chain.at(-1) ?? null)
  }
  yield* rebuildProjection()
  const rebuilt = yield* dumpLedger
  const revision = Number(rebuilt.tracker_farm[0]?.revision)
  const farm = [{ ...rebuilt.tracker_farm[0], revision: revision - 1 }]
  assert.deepStrictEqual(changedTables(before, { ...rebuilt, tracker_farm: farm }), [])
})

describe("a ledger of agents that come and go", () => {
  it.effect.prop(
    "replays to the bytes that it stores, whatever happened to its agents' keys",
    [Schema.Array(Step).check(Schema.isMinLength(4), Schema.isMaxLength(30))],
    ([steps]) =>
      onFarm(
        Effect.gen(function* () {
          const all = yield* Effect.forEach(
            [0, 1, 2],
            Effect.fnUntraced(function* () {
              const agent = yield* approvedRecoverableAgent
              const known: Known = {
                agent,
                enrolled: agent.key.publicKey,
                chain: [],
                status: "approved",
                voids: new Map()
              }
              return known
            })
          )
          for (const step of steps) {
            const known = all[step.who]
            if (known !== undefined) yield* run(known, step)
          }
          yield* checkAll(all)
        })
      ),
    { arbitrary: { runs: 40 } }
  )
})
