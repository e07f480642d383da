import { assert, describe, it } from "@effect/vitest"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { Effect } from "effect"
import type { RefusalCode } from "../src/farm/ProofRefused.ts"
import { TrustStore } from "../src/farm/TrustStore.ts"
import { approvedRecoverableAgent, approvedTestAgent, onFarm } from "./farmLayers.ts"
import { changedTables, dumpLedger } from "./ledgerDump.ts"
import { rotationTo, signBody, type TestAgent } from "./proofFixture.ts"
import { assertReplays, refused, send, sendAll } from "./trustFixture.ts"

/** A ledger with two agents and a rotation in it, and the next lines of one of them. */
const ledgerWithChains = Effect.gen(function* () {
  const agent = yield* approvedRecoverableAgent
  const other = yield* approvedTestAgent
  const first = agent.key
  const lines = [...(yield* agent.chain(2)), yield* agent.rotate(), ...(yield* agent.chain(2))]
  yield* sendAll(lines)
  yield* sendAll(yield* other.chain(2))
  const head = agent.head()
  const coming = yield* agent.chain(3)
  return { agent, other, first, lines, head, coming }
})

const bodyOf = (line: string) => {
  const { signature: _, ...body } = JSON.parse(line)
  return body
}

/** Every edit of one scalar inside a record that keeps its type. */
const mutations = (value: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<readonly [string, unknown]> => {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      mutations(inner, [...path, key]).map(([at, edited]): readonly [string, unknown] => [
        at,
        { ...value, [key]: edited }
      ])
    )
  }
  const at = path.join(".")
  if (typeof value === "number") return [[at, value + 1]]
  if (typeof value === "boolean") return [[at, !value]]
  if (typeof value !== "string") return [[at, 1]]
  const flipped = value.endsWith("0") ? `${value.slice(0, -1)}1` : `${value.slice(0, -1)}0`
  return [[at, flipped]]
}

/** The record in its one spelling, whatever its fields say. */
const respell = (record: unknown): string =>
  JSON.stringify(record, (_, value) =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value
  )

/** Of a batch that must change nothing but where it says so. */
const unchangedAfter = Effect.fnUntraced(function* (
  lines: ReadonlyArray<string>,
  words: ReadonlyArray<RefusalCode | "already">,
  changes: ReadonlyArray<string> = []
) {
  const before = yield* dumpLedger
  assert.deepStrictEqual(yield* send(...lines), [...words])
  assert.deepStrictEqual(changedTables(before, yield* dumpLedger), changes)
  yield* assertReplays
})

const forkTables = ["tracker_agent", "tracker_event", "tracker_farm", "tracker_fork"]

describe("a tracker whose senders tamper", () => {
  it.effect("refuses a record of which any one field was changed", () =>
    onFarm(
      Effect.gen(function* () {
        const { coming } = yield* ledgerWithChains
        const record: unknown = JSON.parse(coming[0] ?? "")
        assert.strictEqual(respell(record), coming[0])
        const edits = mutations(record)
        assert.strictEqual(edits.length, 23)
        const before = yield* dumpLedger
        for (const [path, edited] of edits) {
          const [word] = yield* send(respell(edited))
          assert.notInclude(["accepted", "already"], word, path)
        }
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
        yield* sendAll(coming)
      })
    )
  )

  it.effect("refuses a rotation of which any one field was changed", () =>
    onFarm(
      Effect.gen(function* () {
        const { agent } = yield* ledgerWithChains
        const record: unknown = JSON.parse(yield* agent.rotate())
        const before = yield* dumpLedger
        for (const [path, edited] of mutations(record)) {
          const [word] = yield* send(respell(edited))
          assert.notInclude(["accepted", "already"], word, path)
        }
        assert.deepStrictEqual(changedTables(before, yield* dumpLedger), [])
      })
    )
  )

  it.effect("takes no proofs that were swapped or dropped, and no second copy", () =>
    onFarm(
      Effect.gen(function* () {
        const { coming, lines } = yield* ledgerWithChains
        const [a = "", b = "", c = ""] = coming
        yield* unchangedAfter([b, c], ["gap", "gap"])
        yield* unchangedAfter([c, b], ["gap", "gap"])
        yield* unchangedAfter(lines, ["already", "already", "already", "already", "already"])
        yield* unchangedAfter(lines.toReversed(), ["already", "already", "already", "already", "already"])
        assert.deepStrictEqual(yield* send(b, a, c, a), ["gap", "accepted", "gap", "already"])
        assert.deepStrictEqual(yield* send(a, b, b, c, c), ["already", "accepted", "already", "accepted", "already"])
        yield* assertReplays
      })
    )
  )

  it.effect("takes nothing that another agent signed, in whosever name", () =>
    onFarm(
      Effect.gen(function* () {
        const { agent, coming, first, head, other } = yield* ledgerWithChains
        const body = bodyOf(coming[0] ?? "")
        const asOther = { ...body, agent: { ...body.agent, agent_id: other.agentId } }
        const by = (record: ReturnType<typeof bodyOf>, key: TestAgent["key"]) => signBody(record, key).line
        yield* unchangedAfter([by(body, other.key)], ["bad_signature"])
        // Another chain's proof under one's own name and key does not fit one's own chain.
        yield* unchangedAfter([by(asOther, other.key)], ["gap"])
        const second = bodyOf(yield* other.after(other.head()))
        yield* unchangedAfter(
          [by({ ...second, prev_proof_id: head?.proofId, prev_proof_hash: head?.hash }, other.key)],
          ["wrong_parent"]
        )
        yield* unchangedAfter([by(asOther, agent.key)], ["bad_signature"])
        // A retired key, and the recovery key, sign no work.
        yield* unchangedAfter([by(body, first)], ["bad_signature"])
        yield* unchangedAfter([by(body, agent.recoveryKey ?? first)], ["bad_signature"])
      })
    )
  )

  it.effect("takes no rotation without the new key, to a used key, or by a key that is not in force", () =>
    onFarm(
      Effect.gen(function* () {
        const { agent, coming, first, head, other } = yield* ledgerWithChains
        const fresh = yield* makeSigningKey
        const body = bodyOf(coming[0] ?? "")
        const rotation = rotationTo(fresh)(body)
        const unproved = rotationTo({ ...fresh, sign: other.key.sign })(body)
        yield* unchangedAfter([signBody(unproved, agent.key).line], ["bad_possession"])
        yield* unchangedAfter([signBody(rotation, fresh).line], ["bad_signature"])
        yield* unchangedAfter([signBody(rotation, first).line], ["bad_signature"])
        yield* unchangedAfter([signBody(rotation, other.key).line], ["bad_signature"])
        for (const used of [first, agent.key, other.key, agent.recoveryKey ?? first]) {
          yield* unchangedAfter([yield* agent.after(head, rotationTo(used))], ["key_reused"])
        }
        const weak = { ...fresh, publicKey: `01${"00".repeat(31)}` }
        yield* unchangedAfter([yield* agent.after(head, rotationTo(weak))], ["bad_key"])
      })
    )
  )

  it.effect("freezes for a fork, adds its evidence and the event, and nothing else", () =>
    onFarm(
      Effect.gen(function* () {
        const { agent, head } = yield* ledgerWithChains
        const base = { sequence: 2, proofId: "", hash: "" }
        const rival = yield* agent.after(base, (proof) => ({
          ...proof,
          prev_proof_id: head?.proofId ?? "",
          prev_proof_hash: head?.hash ?? ""
        }))
        yield* unchangedAfter([rival], ["forked"], forkTables)
        yield* unchangedAfter([rival, yield* agent.after(head)], ["forked", "agent_frozen"])
      })
    )
  )

  it.effect("takes nothing from the future, and nothing after a revocation", () =>
    onFarm(
      Effect.gen(function* () {
        const trust = yield* TrustStore
        const { agent, coming, head, lines } = yield* ledgerWithChains
        const future = yield* agent.after(head, (proof) => ({ ...proof, timestamp: "2026-03-04T10:05:01Z" }))
        yield* refused(future, "future_timestamp")
        yield* trust.revoke(agent.agentId)
        yield* unchangedAfter([...coming, ...lines.slice(0, 1)], Array(4).fill("agent_revoked"))
        const again = yield* agent.recover(null)
        yield* unchangedAfter([again], ["agent_revoked"])
      })
    )
  )
})
