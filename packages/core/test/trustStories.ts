/** Random lives of agents on one ledger: work, changes of key, recoveries, forks, revocations, and lines that must be refused. */
import { assert } from "@effect/vitest"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { type ChainHead, parseProof, verifyChain } from "@farmops/proof/verify"
import { Effect, Schema, Stream } from "effect"
import { defaultAchievements } from "../src/farm/economy/defaultAchievements.ts"
import { projectEntries, projectionBytes } from "../src/farm/FarmProjection.ts"
import { emptyTotals } from "../src/farm/FarmTotals.ts"
import { Ledger } from "../src/farm/Ledger.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { readCategories, readDays, readTotals } from "../src/farm/ProjectionStore.ts"
import { rebuildProjection } from "../src/farm/rebuildProjection.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import type { VoidCause } from "../src/farm/trust/voidFold.ts"
import { approvedRecoverableAgent, approvedTestAgent } from "./farmLayers.ts"
import { changedTables, dumpLedger, withoutRebuild } from "./ledgerDump.ts"
import { signBody, type TestAgent } from "./proofFixture.ts"
import { assertReplays, send, sendAll } from "./trustFixture.ts"

/** What may happen to an agent; `who` counts round the agents, and `at` is a place in a chain, as a part of a hundred of its length. */
export const Step = Schema.Struct({
  who: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 })),
  what: Schema.Literals(["work", "work", "work", "rotate", "recover", "fork", "approve", "revoke"]),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
})
export type Step = typeof Step.Type

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
    return {
      position: Number(row.position),
      proof: parsed.value.proof,
      receivedAt: String(row.received_at),
      isVoid: row.void !== null
    }
  })
  const counted = entries.filter(({ isVoid }) => !isVoid)
  const change = projectEntries(emptyTotals({ foundedAt, timeZone }, defaultAchievements), counted, {
    achievements: defaultAchievements
  })
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
  assert.deepStrictEqual(changedTables(before, withoutRebuild(rebuilt)), [])
})

/** Lets so many agents live through the steps, and asserts that a replay gives the ledger that they have left. */
export const replaysAfter = Effect.fnUntraced(function* (agents: number, steps: ReadonlyArray<Step>) {
  const all = yield* Effect.forEach(
    Array.from({ length: agents }),
    Effect.fnUntraced(function* () {
      const agent = yield* approvedRecoverableAgent
      const known: Known = { agent, enrolled: agent.key.publicKey, chain: [], status: "approved", voids: new Map() }
      return known
    })
  )
  for (const step of steps) {
    const known = all[step.who % agents]
    if (known !== undefined) yield* run(known, step)
  }
  yield* checkAll(all)
})

/** A line that is not the next of any chain, made from those that are; `at` chooses a line or a character. */
export const BadLine = Schema.Struct({
  how: Schema.Literals(["edit", "edit", "cut", "double", "skip", "past", "other", "recovery"]),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9999 })),
  bit: Schema.Literals([1, 2, 4, 8, 16, 32, 64])
})
export type BadLine = typeof BadLine.Type

const stories = Effect.gen(function* () {
  const agent = yield* approvedRecoverableAgent
  const other = yield* approvedTestAgent
  const past = [...(yield* agent.chain(2)), yield* agent.rotate(), yield* agent.next()]
  yield* sendAll([...past, ...(yield* other.chain(2))])
  return { agent, other, past, coming: yield* agent.chain(3) }
})

const spoil = (line: string, { at, bit, how }: BadLine): string => {
  const place = at % line.length
  const kept = line.slice(place, place + 1)
  const instead = { cut: "", double: kept + kept, edit: String.fromCharCode(kept.charCodeAt(0) ^ bit) }
  return line.slice(0, place) + instead[how === "cut" || how === "double" ? how : "edit"] + line.slice(place + 1)
}

/** Asserts of each line that it is not taken and that no stored byte changes, and at the end that the good ones still are. */
export const movesNothing = Effect.fnUntraced(function* (lines: ReadonlyArray<BadLine>) {
  const { agent, coming, other, past } = yield* stories
  const [next = ""] = coming
  const { signature: _, ...body } = JSON.parse(next)
  const before = yield* dumpLedger
  for (const bad of lines) {
    const line = {
      skip: coming[1 + (bad.at % 2)] ?? "",
      past: past[bad.at % past.length] ?? "",
      other: signBody(body, other.key).line,
      recovery: signBody(body, agent.recoveryKey ?? other.key).line
    }
    const sent = bad.how === "edit" || bad.how === "cut" || bad.how === "double" ? spoil(next, bad) : line[bad.how]
    const [word] = yield* send(sent)
    if (bad.how === "past") assert.strictEqual(word, "already")
    else assert.notInclude(["accepted", "already"], word, sent)
    assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [], sent)
  }
  yield* sendAll(coming)
  yield* assertReplays
})
