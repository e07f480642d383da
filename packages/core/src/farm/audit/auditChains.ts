/**
 * Audits every agent's chain from its stored bytes: the present one, and what recoveries left behind. Heads and keys that
 * the tracker keeps beside the chains must be those that the bytes lead to.
 */
import { AuditPool, type AuditVerdict } from "@farmops/proof/AuditPool"
import type { AuditLevel } from "@farmops/proof/auditVerdict"
import type { ChainHead } from "@farmops/proof/verify"
import { Effect, Option, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import type { AgentRecord } from "../Enrolment.ts"
import { SqlCount } from "../SqlCount.ts"
import { listAgents, readEpochs } from "../trust/agentRows.ts"
import { type BranchEpoch, keyAt, presentEpochs } from "../trust/keyEpochs.ts"
import type { DifferenceList } from "./AuditReport.ts"
import type { Approval } from "./auditLines.ts"

/** Proofs of one agent that follow one another. */
interface Run {
  readonly agent: AgentRecord
  /** The branch on which recoveries left it behind; null for the present chain. */
  readonly deadBranch: number | null
  readonly epochs: ReadonlyArray<BranchEpoch>
}

const decodeLines = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ branch: SqlCount, sequence: SqlCount, line: Schema.String }))
)
const decodeHeads = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ sequence: SqlCount, proof_id: Schema.String, hash: Schema.String }))
)
const decodeBranches = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ branch: SqlCount })))

type RunRow = Effect.Success<ReturnType<typeof decodeLines>>[number]

/** Lines that are read at once. */
const pageLines = 512

/** Within a chain the order of branch and sequence, which has the index, is that of the sequence alone. */
const rowsOf = Effect.fnUntraced(function* (
  { agent, deadBranch }: Run,
  { branch, sequence }: Pick<RunRow, "branch" | "sequence">
) {
  const sql = yield* SqlClient.SqlClient
  const which =
    deadBranch === null ? sql`(void IS NULL OR void <> 'recovery')` : sql`void = 'recovery' AND branch = ${deadBranch}`
  return yield* decodeLines(
    yield* sql`SELECT branch, sequence, line FROM tracker_proof
      WHERE agent_id = ${agent.agent_id} AND (branch, sequence) > (${branch}, ${sequence})
      AND line IS NOT NULL AND ${which} ORDER BY branch, sequence LIMIT ${pageLines}`
  )
})

/** The proof that a run's first one continues; its row stays also when its body is archived. */
const parentOf = Effect.fnUntraced(function* ({ agent, deadBranch }: Run, sequence: number) {
  if (sequence === 0) return null
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeHeads(
    yield* sql`SELECT sequence, proof_id, hash FROM tracker_proof
      WHERE agent_id = ${agent.agent_id} AND sequence = ${sequence - 1}
      AND branch <= ${deadBranch ?? Number.MAX_SAFE_INTEGER} ORDER BY branch DESC LIMIT 1`
  )
  const head: ChainHead | null =
    row === undefined ? null : { sequence: row.sequence, proofId: row.proof_id, hash: row.hash }
  return head
})

const deadBranches = Effect.fnUntraced(function* (agentId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeBranches(
    yield* sql`SELECT DISTINCT branch FROM tracker_proof WHERE agent_id = ${agentId} AND void = 'recovery' ORDER BY branch`
  )
  return rows.map(({ branch }) => branch)
})

/** Before every proof of a chain. */
const beginning = { branch: 0, sequence: -1 }

/** Where the run is taken up, and the key in force there. */
const takeUp = Effect.fnUntraced(function* (run: Run) {
  const [first] = yield* rowsOf(run, beginning)
  if (first === undefined) return null
  const publicKey = keyAt(run.epochs, first.sequence) ?? ""
  return { from: yield* parentOf(run, first.sequence), publicKey, sequence: first.sequence }
})

const placeOf = ({ agent, deadBranch }: Run): string =>
  deadBranch === null ? `agent ${agent.agent_id}` : `agent ${agent.agent_id}, branch ${deadBranch}`

/** What stands beside the present chain. */
const compareKept = ({ agent, epochs }: Run, verdict: AuditVerdict & { ok: true }, found: DifferenceList): void => {
  const { head } = verdict
  const differs = (what: string) => found.add("head", `agent ${agent.agent_id}`, what)
  const kept = agent.head
  if (kept?.hash !== head?.hash || kept?.sequence !== head?.sequence || kept?.proof_id !== head?.proofId) {
    differs("the stored head is not the last proof of its chain")
  }
  const [first] = verdict.epochs
  const from = first?.firstSequence ?? 0
  const expected = epochs.filter((epoch) => epoch.firstSequence > from)
  const shown = verdict.epochs.slice(1)
  const isSame = ({ firstSequence, publicKey }: BranchEpoch, at: number) =>
    shown[at]?.firstSequence === firstSequence && shown[at]?.publicKey === publicKey
  if (expected.length !== shown.length || !expected.every(isSame)) differs("the stored keys are not those of its chain")
}

const auditRun = Effect.fnUntraced(function* (
  run: Run,
  level: AuditLevel,
  found: DifferenceList,
  onProgress: (done: number) => void
) {
  const pool = yield* AuditPool
  const start = yield* takeUp(run)
  if (start === null) return 0
  const lines = Stream.paginate(beginning, (after) =>
    Effect.map(rowsOf(run, after), (rows) => {
      const next = rows.length === pageLines ? Option.fromNullishOr(rows.at(-1)) : Option.none<RunRow>()
      return [rows.map(({ line }) => line), next] as const
    })
  )
  const anchor = { publicKey: start.publicKey, recoveryKey: run.agent.recovery_public_key }
  const verdict = yield* pool.audit(lines, anchor, { level, from: start.from, onProgress })
  if (!verdict.ok) {
    const at = start.sequence + verdict.line - 1
    found.add("chain", `${placeOf(run)}, sequence ${at}`, `${verdict.fault.code}: ${verdict.fault.detail}`)
  } else if (run.deadBranch === null) compareKept(run, verdict, found)
  return verdict.count
})

/** The keys that the owner approved are what all trust in a chain starts from. */
const compareApproved = (
  agent: AgentRecord,
  keys: ReadonlyArray<BranchEpoch>,
  approvals: ReadonlyArray<Approval>,
  found: DifferenceList
): void => {
  const isKept = ({ public_key, recovery_public_key }: Approval) =>
    recovery_public_key === agent.recovery_public_key && keys.some(({ publicKey }) => publicKey === public_key)
  if (!approvals.filter(({ agent_id }) => agent_id === agent.agent_id).every(isKept)) {
    found.add("head", `agent ${agent.agent_id}`, "the stored keys are not those that the owner approved")
  }
}

/** Audits all chains at the level; answers with the number of agents. */
export const auditChains = Effect.fnUntraced(function* (
  level: AuditLevel,
  approvals: ReadonlyArray<Approval>,
  found: DifferenceList,
  onProgress: (proofs: number) => void
) {
  const agents = yield* listAgents
  const keys = yield* readEpochs(agents.map(({ agent_id }) => agent_id))
  let done = 0
  for (const agent of agents) {
    const all = keys.get(agent.agent_id) ?? []
    const present: Run = { agent, deadBranch: null, epochs: presentEpochs(all) }
    const dead = (yield* deadBranches(agent.agent_id)).map(
      (branch): Run => ({
        agent,
        deadBranch: branch,
        epochs: presentEpochs(all.filter((epoch) => epoch.branch <= branch))
      })
    )
    compareApproved(agent, all, approvals, found)
    if (present.epochs.at(-1)?.publicKey !== agent.public_key) {
      found.add("head", `agent ${agent.agent_id}`, "the stored key is not the one that came into force last")
    }
    for (const run of [present, ...dead]) {
      const before = done
      done += yield* auditRun(run, level, found, (count) => onProgress(before + count))
    }
  }
  return agents.length
})
