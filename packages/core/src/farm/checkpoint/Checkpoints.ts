/** What a stranger needs to check the ledger by itself: signed checkpoints, and proofs folded from the stored tree. */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { decodeHex } from "@farmops/proof/hex"
import {
  foldPlan,
  hashLeaf,
  type ProofPlan,
  planConsistency,
  planInclusion,
  verifyInclusion
} from "@farmops/proof/merkle"
import { formatProofBundle } from "@farmops/proof/proofBundle"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ProofNotFound } from "../Ledger.ts"
import { LedgerUnavailable } from "../LedgerUnavailable.ts"
import { SqlCount } from "../SqlCount.ts"
import { TrackerKey } from "../TrackerKey.ts"
import { Checkpointer } from "./Checkpointer.ts"
import { inconsistent, orInconsistent } from "./CheckpointInconsistent.ts"
import { readCheckpoint, readLatestCheckpoint, type StoredCheckpoint } from "./CheckpointStore.ts"
import { readSubtrees } from "./TileStore.ts"

/** No checkpoint of this size was signed; none at all where `size` is null. */
export class CheckpointNotFound extends Schema.TaggedError<CheckpointNotFound>()("CheckpointNotFound", {
  size: Schema.NullOr(Schema.Int)
}) {}

/** The proof's body was moved to an archive file. The ledger still answers for its hash and its place. */
export class ProofArchived extends Schema.TaggedError<ProofArchived>()("ProofArchived", { proofId: Schema.String }) {}

/** That a line is in the ledger of a checkpoint. */
export interface StoredInclusion {
  readonly index: number
  /** The exact stored line; null where its body was archived. */
  readonly line: string | null
  readonly hashes: ReadonlyArray<Uint8Array>
  readonly checkpoint: StoredCheckpoint
}

const utf8 = new TextEncoder()

const decodePlaces = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ position: SqlCount, line: Schema.NullOr(Schema.String) }))
)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { sha256 } = (yield* Ed25519).backend
  const checkpointer = yield* Checkpointer
  const key = yield* TrackerKey
  const onLedger = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    orInconsistent(Effect.provideService(effect, SqlClient.SqlClient, sql))

  const fold = (plan: ProofPlan) =>
    onLedger(Effect.map(readSubtrees(plan.flat(), sha256), (get) => foldPlan(plan, get, sha256)))

  const latest = Effect.flatMap(onLedger(readLatestCheckpoint), (found) =>
    found === null ? Effect.fail(new CheckpointNotFound({ size: null })) : Effect.succeed(found)
  )

  const at = Effect.fn("Checkpoints.at")(function* (size: number) {
    return (yield* onLedger(readCheckpoint(size))) ?? (yield* new CheckpointNotFound({ size }))
  })

  const consistency = Effect.fn("Checkpoints.consistency")(function* (from: number, to: number) {
    const { size } = yield* latest
    if (from < 1 || to < from || to > size) return yield* new CheckpointNotFound({ size: to > size ? to : from })
    return yield* fold(planConsistency(from, to))
  })

  const find = Effect.fnUntraced(function* (proofId: string) {
    const [row] = yield* onLedger(
      Effect.flatMap(sql`SELECT position, line FROM tracker_proof WHERE proof_id = ${proofId}`, decodePlaces)
    )
    return row ?? (yield* new ProofNotFound({ proofId }))
  })

  /** A checkpoint by the key in force that has the position in it: signed now where the last one is none such. */
  const covering = Effect.fnUntraced(function* (position: number) {
    const stored = yield* onLedger(readLatestCheckpoint)
    const inForce = (yield* onLedger(key.keys)).epochs.at(-1)
    if (stored !== null && stored.size > position && stored.size >= (inForce?.from ?? 0)) return stored
    return (yield* checkpointer.checkpoint) ?? (yield* new LedgerUnavailable({ cause: "a line without a ledger" }))
  })

  const inclusion = Effect.fn("Checkpoints.inclusion")(function* (proofId: string, size: number | null) {
    const { line, position } = yield* find(proofId)
    const checkpoint = size === null ? yield* covering(position) : yield* at(size)
    if (position >= checkpoint.size) return yield* new CheckpointNotFound({ size })
    const hashes = yield* fold(planInclusion(position, checkpoint.size))
    const found: StoredInclusion = { index: position, line, hashes, checkpoint }
    return found
  })

  const bundle = Effect.fn("Checkpoints.bundle")(function* (proofId: string) {
    const { checkpoint, hashes, index, line } = yield* inclusion(proofId, null)
    if (line === null) return yield* new ProofArchived({ proofId })
    const claim = { index, size: checkpoint.size, leafHash: hashLeaf(utf8.encode(line), sha256), proof: hashes }
    const root = decodeHex(checkpoint.root) ?? new Uint8Array(0)
    // A file that does not verify would say that the tracker lies.
    if (!verifyInclusion({ ...claim, root }, sha256)) return yield* inconsistent("not_included", index)
    return formatProofBundle({ line, index, hashes, checkpoint: checkpoint.note })
  })

  return {
    latest: Effect.withSpan(latest, "Checkpoints.latest"),
    at,
    /** The proof between two sizes of the tree, at least 1 and at most that of the latest checkpoint. */
    consistency,
    /** The path of a proof under the checkpoint of this size, or under the latest for null; that one is signed now if it must be. */
    inclusion,
    /** One text file with which anybody checks one proof offline; see `formatProofBundle`. */
    bundle
  } as const
})

/** Reads of checkpoints and proofs over them. */
export class Checkpoints extends Context.Service<Checkpoints>()("@farmops/core/farm/checkpoint/Checkpoints", { make }) {
  static readonly layer: Layer.Layer<Checkpoints, never, Checkpointer | Ed25519 | SqlClient.SqlClient | TrackerKey> =
    Layer.effect(this, this.make)
}
