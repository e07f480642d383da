/**
 * The first line of an archive file: the tracker's signed word on which lines follow, on what they continue and where they
 * lead. With it the rest of the file can be checked alone, though the ledger before it is not at hand.
 */
import { canonicalJson, readCanonical } from "./canonicalJson.ts"
import { hasKeys, isCount, isListOf, isText, type Json } from "./internal/jsonShape.ts"
import { edgeLength } from "./merkle.ts"
import { hex32Pattern, hex64Pattern, isTimestamp, uuidPattern, uuidV7Pattern } from "./proofForm.ts"
import { signStatement, verifyStatement } from "./signedStatement.ts"
import type { VerifyBackend } from "./strictEd25519.ts"
import { followTrackerKeys, type TrackerKeyFaultCode, type TrackerKeyRow } from "./trackerRotation.ts"

const tag = "farmops/archive/v1"

/** How an archive file begins, and no other file. */
export const archiveBeginning = '{"archive":'

/** The last proof of a chain at some point. */
export interface ArchivedHead {
  readonly sequence: number
  readonly proof_id: string
  readonly hash: string
}

/** Who signs from this sequence on. */
export interface ArchivedEpoch {
  readonly first_sequence: number
  readonly public_key: string
}

/** A run of one agent's proofs in the file, and what it continues. */
export interface ArchivedBranch {
  readonly after: ArchivedHead | null
  /** Up to there; the last key is the one in force. */
  readonly epochs: ReadonlyArray<ArchivedEpoch>
}

/** One agent: `branches` begins with where its chain stood at `from`, and has one more for each recovery in the file. */
export interface ArchivedAgent {
  readonly agent_id: string
  readonly recovery_public_key: string | null
  readonly branches: ReadonlyArray<ArchivedBranch>
  /** Where its chain stands at `to`. */
  readonly head: ArchivedHead | null
  readonly epochs: ReadonlyArray<ArchivedEpoch>
}

/** What the tracker signs. The file holds the lines from position `from` to before `to`. */
export interface ArchiveHeader {
  readonly schema: "farmops/archive/1"
  readonly farm_id: string
  readonly from: number
  readonly to: number
  readonly count: number
  /** The signed note of the ledger of size `to`. */
  readonly checkpoint: string
  /** The right edge of the tree of size `from`, in the order of `planRoot`, as hex. */
  readonly range: ReadonlyArray<string>
  readonly agents: ReadonlyArray<ArchivedAgent>
  /** SHA-256 of the farm's sums over the ledger up to `to`, as a replay of everything makes them. */
  readonly projection_sha256: string
  /** SHA-256 of what the tracker keeps of these lines; see the tracker's `archivedRows`. */
  readonly rows_sha256: string
  readonly archived_at: string
  /** All rotations of the tracker's key up to now, each the exact line of its event. Absent where there was none. */
  readonly rotations?: ReadonlyArray<string>
}

const isHead = (value: unknown): boolean =>
  value === null ||
  (hasKeys(value, ["sequence", "proof_id", "hash"]) &&
    isCount(value.sequence) &&
    isText(value.proof_id, uuidV7Pattern) &&
    isText(value.hash, hex32Pattern))

const isEpoch = (value: unknown): boolean =>
  hasKeys(value, ["first_sequence", "public_key"]) &&
  isCount(value.first_sequence) &&
  isText(value.public_key, hex32Pattern)

const areEpochs = (value: unknown): boolean => isListOf(value, isEpoch) && value.length > 0

const isBranch = (value: unknown): boolean =>
  hasKeys(value, ["after", "epochs"]) && isHead(value.after) && areEpochs(value.epochs)

const isAgent = (value: unknown): boolean =>
  hasKeys(value, ["agent_id", "recovery_public_key", "branches", "head", "epochs"]) &&
  isText(value.agent_id, uuidPattern) &&
  (value.recovery_public_key === null || isText(value.recovery_public_key, hex32Pattern)) &&
  isListOf(value.branches, isBranch) &&
  value.branches.length > 0 &&
  isHead(value.head) &&
  areEpochs(value.epochs)

const headerKeys = [
  ...["schema", "farm_id", "from", "to", "count", "checkpoint", "range", "agents"],
  ...["projection_sha256", "rows_sha256", "archived_at"]
]

const areRotations = (value: unknown): boolean =>
  isListOf(value, (line) => typeof line === "string") && value.length > 0

const isHeader = (value: unknown): value is ArchiveHeader & Json =>
  (hasKeys(value, headerKeys) || (hasKeys(value, [...headerKeys, "rotations"]) && areRotations(value.rotations))) &&
  value.schema === "farmops/archive/1" &&
  isText(value.farm_id, uuidPattern) &&
  isCount(value.from) &&
  isCount(value.to) &&
  value.from < value.to &&
  value.count === value.to - value.from &&
  typeof value.checkpoint === "string" &&
  isListOf(value.range, (hash) => isText(hash, hex32Pattern)) &&
  value.range.length === edgeLength(value.from) &&
  isListOf(value.agents, isAgent) &&
  isText(value.projection_sha256, hex32Pattern) &&
  isText(value.rows_sha256, hex32Pattern) &&
  typeof value.archived_at === "string" &&
  isTimestamp(value.archived_at)

/** The first line, without its line feed. */
export const signArchiveHeader = (
  key: { readonly publicKey: string; readonly sign: (message: Uint8Array) => string },
  header: ArchiveHeader
): string => canonicalJson({ archive: header, public_key: key.publicKey, signature: signStatement(key, tag, header) })

/** What is known of the tracker apart from the file. */
export interface HeaderTrust {
  /** Any key that the tracker had, where the file's rotations lead to it; 64 lowercase hex digits. */
  readonly trackerKey: string
  /** All keys of the tracker, where they are known: then those of the file may end before the known one, or go on after it. */
  readonly keys?: TrackerKeyRow
}

/** Why a first line is refused; of its rotations the fault of the first that does not hold. */
export type ArchiveHeaderFault = "bad_header" | "unsigned" | Exclude<TrackerKeyFaultCode, "unknown_key">

/** The verdict on a first line. `keys` are all that the tracker had when it was signed. */
export type CheckedArchiveHeader =
  | { readonly ok: true; readonly value: ArchiveHeader; readonly keys: TrackerKeyRow }
  | { readonly ok: false; readonly code: ArchiveHeaderFault }

/** Whether, of two rows of keys, one goes on where the other ends. */
const areOneRow = ({ epochs }: TrackerKeyRow, known: TrackerKeyRow): boolean =>
  known.epochs.every(({ from, publicKey }, at) => {
    const own = epochs[at]
    return own === undefined || (own.from === from && own.publicKey === publicKey)
  })

/** Reads the first line. The key that was in force when the file was made must have signed it. */
export const verifyArchiveHeader = (
  line: string,
  { keys: known, trackerKey }: HeaderTrust,
  backend: VerifyBackend
): CheckedArchiveHeader => {
  // Untrusted: a file from anybody.
  const value = readCanonical(line)
  if (!hasKeys(value, ["archive", "public_key", "signature"]) || !isHeader(value.archive)) {
    return { ok: false, code: "bad_header" }
  }
  const { archive, public_key: signer, signature } = value
  if (!isText(signer, hex32Pattern)) return { ok: false, code: "unsigned" }
  const rotations = archive.rotations ?? []
  const followed = followTrackerKeys(rotations, { farmId: archive.farm_id, trackerKey: signer }, backend)
  if (!followed.ok) {
    const { code } = followed.fault
    return { ok: false, code: code === "unknown_key" ? "unsigned" : code }
  }
  const keys = followed.value
  const isKnown = known === undefined ? keys.epochs.some((one) => one.publicKey === trackerKey) : areOneRow(keys, known)
  if (!isKnown || keys.epochs.at(-1)?.publicKey !== signer) return { ok: false, code: "unsigned" }
  return isText(signature, hex64Pattern) && verifyStatement(backend, signer, tag, archive, signature)
    ? { ok: true, value: archive, keys }
    : { ok: false, code: "bad_signature" }
}
