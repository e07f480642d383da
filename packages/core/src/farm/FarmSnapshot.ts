/**
 * What a village sees of a farm: counts per farm-day and category, signed by the farm's own key. A village can recompute
 * coins under its own rules and cannot change a number. A checker verifies the body as received, never a decoded copy.
 */
import { AgentId, ProofHash, ProofTimestamp } from "@farmops/proof/FarmProof"
import { hex64Pattern } from "@farmops/proof/proofForm"
import { categories } from "@farmops/proof/vocabulary"
import { Schema } from "effect"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const FarmDay = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\d$/))

/** Longest name of a farm, in Unicode code points; a village shows it to strangers. */
export const farmNameMax = 64

// Controls, line breaks, and the marks that turn the direction of writing: they would let a name overwrite its neighbours.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u

/** A farm's name: one line of printable text, also the name under which it registers at a village. */
export const FarmName = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      (text.isWellFormed() &&
        text.trim() === text &&
        text.length > 0 &&
        Array.from(text).length <= farmNameMax &&
        !unprintable.test(text)) ||
      `expected one line of 1 to ${farmNameMax} characters`
  )
)

/** A snapshot holds this many farm-days before its newest at most, so that its size is bounded. */
export const snapshotDaysMax = 400

/** A snapshot names this many owned items at most, those that were bought first. */
export const snapshotUpgradesMax = 256

/** One category of one farm-day of the human board. Only paid proofs count. */
export const SnapshotDay = Schema.Struct({
  day: FarmDay,
  category: Schema.Literals(categories),
  proofs: Count,
  /** Sum of complexity × impact × fatigue, in thousandths: no streak, no upgrades, no rate. */
  work: Count
})

/** Which signed ledger the farm stands on; the note itself is at `/api/v1/public/checkpoint`. The root is hex. */
export const CheckpointRef = Schema.Struct({ size: Count, root: ProofHash })

/** See the schema of the same name. */
export type CheckpointRef = typeof CheckpointRef.Type

/** The signed part. All numbers are integers. */
export const SnapshotBody = Schema.Struct({
  schema: Schema.Literal("farmops/snapshot/1"),
  farm_id: AgentId,
  name: FarmName,
  sample: Schema.Boolean,
  as_of: ProofTimestamp,
  /** The length of the ledger. */
  sequence: Count,
  total_coins: Count,
  current_coins: Count,
  bot_coins: Count,
  level: Count,
  streak_days: Count,
  /** What the farm bought and still owns, each item once with its highest level. */
  upgrades: Schema.Array(Schema.Struct({ slug: Schema.String, level: Count })).check(
    Schema.isMaxLength(snapshotUpgradesMax)
  ),
  ruleset_hash: ProofHash,
  /** The latest signed checkpoint of the ledger; null before the first. */
  checkpoint: Schema.NullOr(CheckpointRef),
  /** Oldest first, then in the vocabulary's order; combinations without paid work are left out. */
  days: Schema.Array(SnapshotDay).check(Schema.isMaxLength(snapshotDaysMax * categories.length)),
  categories: Schema.Array(
    Schema.Struct({ category: Schema.Literals(categories), total_proofs: Count, total_coins: Count })
  ).check(Schema.isMaxLength(categories.length))
})

/** See the schema of the same name. */
export type SnapshotBody = typeof SnapshotBody.Type

/** What `GET /api/v1/public/snapshot` answers: a statement tagged `farmops/snapshot/v1` over `body`. */
export const FarmSnapshot = Schema.Struct({
  body: SnapshotBody,
  /** The TrackerKey. A village compares it with the key that it pinned at registration. */
  public_key: ProofHash,
  signature: Schema.String.check(Schema.isPattern(hex64Pattern))
})

/** See the schema of the same name. */
export type FarmSnapshot = typeof FarmSnapshot.Type
