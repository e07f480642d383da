/**
 * The first line of an archive file: the tracker's signed word on which lines follow, on what they continue and where they
 * lead. With it the rest of the file can be checked alone, though the ledger before it is not at hand.
 */
import { canonicalJson, parseCanonical } from "./canonicalJson.ts"
import { parseCount } from "./checkpoint.ts"
import { planRoot } from "./merkle.ts"
import { hex32Pattern, hex64Pattern, isTimestamp, uuidPattern, uuidV7Pattern } from "./proofForm.ts"
import { signStatement, verifyStatement } from "./signedStatement.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

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
}

type Json = Readonly<Record<string, unknown>>

const hasKeys = (value: unknown, keys: ReadonlyArray<string>): value is Json =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length === keys.length &&
  keys.every((key) => Object.hasOwn(value, key))

const isText = (value: unknown, pattern: RegExp): value is string => typeof value === "string" && pattern.test(value)

const isCount = (value: unknown): value is number => typeof value === "number" && parseCount(String(value)) === value

const isListOf = (value: unknown, check: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(check)

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

const areEpochs = (value: unknown): boolean => isListOf(value, isEpoch) && Array.isArray(value) && value.length > 0

const isBranch = (value: unknown): boolean =>
  hasKeys(value, ["after", "epochs"]) && isHead(value.after) && areEpochs(value.epochs)

const isAgent = (value: unknown): boolean =>
  hasKeys(value, ["agent_id", "recovery_public_key", "branches", "head", "epochs"]) &&
  isText(value.agent_id, uuidPattern) &&
  (value.recovery_public_key === null || isText(value.recovery_public_key, hex32Pattern)) &&
  isListOf(value.branches, isBranch) &&
  Array.isArray(value.branches) &&
  value.branches.length > 0 &&
  isHead(value.head) &&
  areEpochs(value.epochs)

const headerKeys = [
  ...["schema", "farm_id", "from", "to", "count", "checkpoint", "range", "agents"],
  ...["projection_sha256", "rows_sha256", "archived_at"]
]

const isHeader = (value: unknown): value is ArchiveHeader & Json =>
  hasKeys(value, headerKeys) &&
  value.schema === "farmops/archive/1" &&
  isText(value.farm_id, uuidPattern) &&
  isCount(value.from) &&
  isCount(value.to) &&
  value.from < value.to &&
  value.count === value.to - value.from &&
  typeof value.checkpoint === "string" &&
  isListOf(value.range, (hash) => isText(hash, hex32Pattern)) &&
  Array.isArray(value.range) &&
  value.range.length === planRoot(value.from).length &&
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

/** Why a first line is refused. */
export type ArchiveHeaderFault = "bad_header" | "unsigned" | "bad_signature"

/** Reads the first line; `trackerKey` is the tracker's, learned apart from the file. */
export const verifyArchiveHeader = (
  line: string,
  trackerKey: string,
  backend: VerifyBackend
): { readonly ok: true; readonly value: ArchiveHeader } | { readonly ok: false; readonly code: ArchiveHeaderFault } => {
  // Untrusted: a file from anybody.
  let parsed: ReturnType<typeof parseCanonical>
  try {
    parsed = parseCanonical(line)
  } catch {
    return { ok: false, code: "bad_header" }
  }
  const { canonical, value } = parsed
  if (canonical !== line || !hasKeys(value, ["archive", "public_key", "signature"]) || !isHeader(value.archive)) {
    return { ok: false, code: "bad_header" }
  }
  if (value.public_key !== trackerKey) return { ok: false, code: "unsigned" }
  return isText(value.signature, hex64Pattern) &&
    verifyStatement(backend, trackerKey, tag, value.archive, value.signature)
    ? { ok: true, value: value.archive }
    : { ok: false, code: "bad_signature" }
}
