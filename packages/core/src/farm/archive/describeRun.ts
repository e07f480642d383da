/** Everything that an archive's header says of a run of the ledger, read from the ledger before the run leaves it. */
import { createHash } from "node:crypto"
import {
  type ArchivedAgent,
  type ArchivedHead,
  type ArchiveHeader,
  verifyArchiveHeader
} from "@farmops/proof/archiveHeader"
import { encodeHex } from "@farmops/proof/hex"
import { planRoot } from "@farmops/proof/merkle"
import { parseProof, type VerifyBackend } from "@farmops/proof/verify"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { StoredCheckpoint } from "../checkpoint/CheckpointStore.ts"
import { readSubtrees } from "../checkpoint/TileStore.ts"
import { projectionBytes } from "../FarmProjection.ts"
import { type FoldedProof, foldLedger } from "../foldLedger.ts"
import { foldAfterArchives } from "../foldStart.ts"
import { type FarmKeyRow, trustIn } from "../keys/readFarmKeys.ts"
import { LedgerSettings } from "../LedgerSettings.ts"
import { LedgerUnavailable } from "../LedgerUnavailable.ts"
import { SqlCount } from "../SqlCount.ts"
import { listAgents, readEpochs } from "../trust/agentRows.ts"
import { readStandings } from "../trust/readStandings.ts"
import { wireNow } from "../wireTime.ts"
import { readLastArchive } from "./ArchiveStore.ts"
import { archivedRowsHash } from "./archivedRows.ts"
import { ArchiveRefused } from "./archiveErrors.ts"
import { type FollowedProof, followAgents, type KnownAgent } from "./followAgents.ts"

const decodeBranches = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ agent_id: Schema.String, branch: SqlCount }))
)
const decodeProofs = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      position: SqlCount,
      agent_id: Schema.String,
      branch: SqlCount,
      sequence: SqlCount,
      proof_id: Schema.String,
      hash: Schema.String,
      line: Schema.NullOr(Schema.String)
    })
  )
)

/** Rows that are held in memory at once. */
const pageRows = 1000

const branchesAt = Effect.fnUntraced(function* (size: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* decodeBranches(
    yield* sql`SELECT agent_id, MAX(branch) AS branch FROM tracker_proof WHERE position < ${size} GROUP BY agent_id`
  )
  return new Map(rows.map(({ agent_id, branch }) => [agent_id, branch]))
})

const knownAgents = Effect.gen(function* () {
  const agents = yield* listAgents
  const epochs = yield* readEpochs(agents.map(({ agent_id }) => agent_id))
  return new Map(
    agents.map(({ agent_id, public_key, recovery_public_key }): [string, KnownAgent] => [
      agent_id,
      { recoveryKey: recovery_public_key, firstKey: epochs.get(agent_id)?.[0]?.publicKey ?? public_key }
    ])
  )
})

/** The proof that a recovery continues. */
const parentOf = Effect.fnUntraced(function* ({ agentId, branch, head }: FollowedProof) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeProofs(
    yield* sql`SELECT * FROM tracker_proof WHERE agent_id = ${agentId} AND sequence = ${head.sequence - 1}
      AND branch < ${branch} ORDER BY branch DESC LIMIT 1`
  )
  const parent: ArchivedHead | null =
    row === undefined ? null : { sequence: row.sequence, proof_id: row.proof_id, hash: row.hash }
  return parent
})

const agentsOf = Effect.fnUntraced(function* (before: ReadonlyArray<ArchivedAgent>, from: number, to: number) {
  const sql = yield* SqlClient.SqlClient
  const known = yield* knownAgents
  const follow = followAgents(before, yield* branchesAt(from))
  for (let position = from - 1; ; ) {
    const rows = yield* decodeProofs(
      yield* sql`SELECT * FROM tracker_proof WHERE position > ${position} AND position < ${to}
        ORDER BY position LIMIT ${pageRows}`
    )
    for (const { agent_id, branch, line, position: at, ...head } of rows) {
      const parsed = parseProof(line ?? "")
      const agent = known.get(agent_id)
      if (!parsed.ok || agent === undefined) return yield* new LedgerUnavailable({ cause: `line ${at} is damaged` })
      const nextKey = parsed.value.proof.key_rotation?.new_public_key ?? null
      const { hash, proof_id, sequence } = head
      const proof: FollowedProof = { agentId: agent_id, branch, head: { sequence, proof_id, hash }, nextKey }
      follow.take(proof, agent, follow.isRecovery(proof) ? yield* parentOf(proof) : null)
    }
    position = rows.at(-1)?.position ?? position
    if (rows.length < pageRows) return follow.agents()
  }
})

const isAsStored = ({ replayed, stored }: FoldedProof): boolean =>
  stored.branch === replayed.branch &&
  stored.void === replayed.void &&
  stored.coins === replayed.detail.coins &&
  stored.detail === JSON.stringify(replayed.detail)

/** The sums at `to`. What is stored of the run must be what they are made of: it cannot be made again afterwards. */
const stateAt = Effect.fnUntraced(function* (to: number) {
  const standings = yield* readStandings
  const change = yield* foldLedger(yield* foldAfterArchives(standings), {
    standing: standings.standing,
    until: to,
    onPage: (proofs) =>
      proofs.every(isAsStored) ? Effect.void : Effect.fail(new ArchiveRefused({ reason: "rewards_differ" }))
  })
  return projectionBytes(change)
})

/** A run of the ledger, told. */
export interface DescribedRun {
  readonly header: ArchiveHeader
  /** The sums after it. */
  readonly state: string
}

/** Describes the lines from the last archive on up to a checkpoint. */
export const describeRun = Effect.fnUntraced(function* (
  checkpoint: StoredCheckpoint,
  keys: FarmKeyRow,
  backend: VerifyBackend
) {
  const last = yield* readLastArchive
  const before = last === null ? null : verifyArchiveHeader(last.header, trustIn(keys), backend)
  if (before !== null && !before.ok) return yield* new LedgerUnavailable({ cause: "a stored archive is damaged" })
  const from = last?.to_size ?? 0
  const to = checkpoint.size
  const edge = planRoot(from)
  const hashOf = yield* readSubtrees(edge, backend.sha256)
  const state = yield* stateAt(to)
  const header: ArchiveHeader = {
    schema: "farmops/archive/1",
    farm_id: (yield* LedgerSettings).farmId,
    from,
    to,
    count: to - from,
    checkpoint: checkpoint.note,
    range: edge.map((subtree) => encodeHex(hashOf(subtree))),
    agents: yield* agentsOf(before?.value.agents ?? [], from, to),
    projection_sha256: createHash("sha256").update(state, "utf8").digest("hex"),
    rows_sha256: yield* archivedRowsHash(from, to),
    archived_at: yield* wireNow,
    ...(keys.rotations.length === 0 ? {} : { rotations: keys.rotations })
  }
  const run: DescribedRun = { header, state }
  return run
})
