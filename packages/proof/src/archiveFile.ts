/**
 * Checks an archive file: a run of a ledger's lines, taken out of a tracker, with all that is needed to check it alone. Pure
 * functions over bytes as they come; a browser may load it.
 */
import { type ArchiveChains, type ArchiveLineFault, makeArchiveChains } from "./archiveChains.ts"
import { type ArchiveHeader, type HeaderTrust, verifyArchiveHeader } from "./archiveHeader.ts"
import { type Checkpoint, checkpointOrigin, verifyCheckpoint } from "./checkpoint.ts"
import { decodeHex, encodeHex } from "./hex.ts"
import { decodeUtf8 } from "./internal/decodeUtf8.ts"
import { makeLineSplitter } from "./internal/file/splitLines.ts"
import { verifyEventLine } from "./ledgerEvent.ts"
import { type CompactRange, hashLeaf, makeCompactRange } from "./merkle.ts"
import { hex32Pattern, recordBytesMax } from "./proofForm.ts"
import type { VerifyBackend } from "./strictEd25519.ts"
import { type TrackerKeyRow, trackerKeyAt, trackerRotationKind } from "./trackerRotation.ts"

/** A longer first line is refused: a checkpoint, and room for some thousand agents and keys. */
export const archiveHeaderBytesMax = 2 * 1024 * 1024

/** What is known apart from the file. */
export interface ArchiveTrust extends HeaderTrust {
  /** Null takes any farm's archive that the key signed. */
  readonly farmId: string | null
}

/** The first thing that does not hold. `line` counts from 1, the header's own; null where no line is to blame. */
export interface ArchiveFault extends ArchiveLineFault {
  readonly line: number | null
}

/** A file that holds. */
export interface VerifiedArchive {
  readonly header: ArchiveHeader
  readonly checkpoint: Checkpoint
  readonly proofs: number
  readonly events: number
}

/** The verdict on a file. */
export type ArchiveVerdict =
  | { readonly ok: true; readonly value: VerifiedArchive }
  | { readonly ok: false; readonly fault: ArchiveFault }

/** Checks one file as its bytes come, in memory that grows by each `proof_id` only. */
export interface ArchiveVerifier {
  /** Takes the next bytes. `false` once a fault was found: what follows need not be read. */
  readonly push: (piece: Uint8Array) => boolean
  readonly finish: () => ArchiveVerdict
  /** Good lines so far, to show progress. */
  readonly count: () => number
}

const details: Readonly<Record<string, string>> = {
  bad_key: "the tracker's key must be 64 lowercase hex digits",
  bad_header: "must be the first line of an archive",
  unsigned: "was signed by another key",
  bad_signature: "was changed after the tracker signed it",
  wrong_farm: "is of another farm",
  bad_count: "the file must have exactly as many lines as its header says, each with its line feed",
  too_large: `a line has at most ${recordBytesMax} bytes`,
  not_utf8: "must be well-formed Unicode in UTF-8",
  bad_event: "is neither a proof nor an event that this tracker signed for this place",
  bad_tree: "the lines are not those that the checkpoint was signed over"
}

const faultOf = (code: string, line: number | null = null): ArchiveFault => ({
  code,
  line,
  path: null,
  detail: details[code] ?? "the rotations of the tracker's key in it do not hold"
})

interface Opened {
  readonly header: ArchiveHeader
  readonly checkpoint: Checkpoint
  readonly keys: TrackerKeyRow
  /** The rotations by their positions. */
  readonly rotations: ReadonlyMap<number, string>
  readonly tree: CompactRange
  readonly chains: ArchiveChains
}

const open = (line: Uint8Array, trust: ArchiveTrust, backend: VerifyBackend): Opened | ArchiveFault => {
  if (!hex32Pattern.test(trust.trackerKey)) return faultOf("bad_key")
  const checked = verifyArchiveHeader(decodeUtf8(line) ?? "", trust, backend)
  if (!checked.ok) return faultOf(checked.code, 1)
  const { keys, value: header } = checked
  if (trust.farmId !== null && trust.farmId !== header.farm_id) return faultOf("wrong_farm", 1)
  const origin = checkpointOrigin(header.farm_id)
  const publicKey = trackerKeyAt(keys, header.to)
  const checkpoint = verifyCheckpoint(header.checkpoint, { origin, publicKey }, backend)
  if (!checkpoint.ok) return { ...checkpoint.fault, line: 1, path: "archive.checkpoint" }
  if (checkpoint.value.size !== header.to) return faultOf("bad_tree", 1)
  const hashes = header.range.map((hash) => decodeHex(hash) ?? new Uint8Array(0))
  const tree = makeCompactRange(backend.sha256, { size: header.from, hashes })
  // A rotation is the last line before the new key's first.
  const rotations = new Map(header.rotations?.map((text, at) => [(keys.epochs[at + 1]?.from ?? 0) - 1, text]))
  const chains = makeArchiveChains(header.agents, backend)
  return { header, checkpoint: checkpoint.value, keys, rotations, tree, chains }
}

/** Starts a check of one file. */
export const makeArchiveVerifier = (trust: ArchiveTrust, backend: VerifyBackend): ArchiveVerifier => {
  const lines = makeLineSplitter(archiveHeaderBytesMax + 1)
  let opened: Opened | null = null
  let fault: ArchiveFault | null = null
  let [proofs, events] = [0, 0]

  const take = ({ chains, header, keys, rotations, tree }: Opened, bytes: Uint8Array): ArchiveFault | null => {
    const line = proofs + events + 2
    if (line > header.count + 1) return faultOf("bad_count", line)
    if (bytes.length > recordBytesMax) return faultOf("too_large", line)
    const text = decodeUtf8(bytes)
    if (text === null) return faultOf("not_utf8", line)
    const position = tree.size()
    tree.append(hashLeaf(bytes, backend.sha256))
    const rotation = rotations.get(position)
    if (rotation === undefined && text.startsWith('{"action":')) {
      const found = chains.accept(text)
      if (found !== null) return { ...found, line }
      proofs++
      return null
    }
    const place = { farmId: header.farm_id, position, trackerKey: trackerKeyAt(keys, position) }
    const event = verifyEventLine(text, place, backend)
    // Those of the first line and those among the lines are the same.
    const isRotation = event?.kind === trackerRotationKind
    if (event === null || (isRotation ? rotation !== text : rotation !== undefined)) return faultOf("bad_event", line)
    events++
    return null
  }

  const accept = (bytes: Uint8Array): void => {
    if (fault !== null) return
    if (opened !== null) {
      fault = take(opened, bytes)
      return
    }
    const first = bytes.length > archiveHeaderBytesMax ? faultOf("bad_header", 1) : open(bytes, trust, backend)
    if ("code" in first) fault = first
    else opened = first
  }

  const conclude = (): ArchiveFault | null => {
    if (opened === null) return faultOf("bad_header", 1)
    const { chains, checkpoint, header, tree } = opened
    if (lines.rest() !== null || proofs + events !== header.count) return faultOf("bad_count")
    if (encodeHex(tree.root()) !== encodeHex(checkpoint.root)) return faultOf("bad_tree")
    const found = chains.finish()
    return found === null ? null : { ...found, line: 1 }
  }

  const push = (piece: Uint8Array): boolean => {
    for (const line of lines.push(piece)) accept(line)
    return fault === null
  }
  const finish = (): ArchiveVerdict => {
    fault ??= conclude()
    if (fault !== null || opened === null) return { ok: false, fault: fault ?? faultOf("bad_header", 1) }
    const { checkpoint, header } = opened
    return { ok: true, value: { header, checkpoint, proofs, events } }
  }
  return { push, finish, count: () => proofs + events }
}

/** {@link makeArchiveVerifier} over bytes that are at hand. */
export const verifyArchive = (bytes: Uint8Array, trust: ArchiveTrust, backend: VerifyBackend): ArchiveVerdict => {
  const verifier = makeArchiveVerifier(trust, backend)
  verifier.push(bytes)
  return verifier.finish()
}
