/**
 * A piece of a chain that one thread can verify apart from the others, as it travels between threads. Where it starts is what
 * the record before it says; whether that is where the piece before it ended is for the one who stitches them.
 */
import { parseProof } from "../parseProof.ts"
import { recordBytesMax } from "../proofForm.ts"
import { hashHex, type VerifyBackend } from "../strictEd25519.ts"
import { type ChainHead, type KeyEpoch, makeChainVerifier } from "../verify.ts"
import { ProofIds, packedIdBytes } from "./proofIds.ts"
import { RawRecord } from "./rawRecord.ts"

/** Between two records of a chain: everything that the next one is held against, but the ids. */
export interface Boundary {
  readonly head: ChainHead | null
  readonly agentId: string | null
  /** The last key is the one in force. */
  readonly epochs: ReadonlyArray<KeyEpoch>
}

/** Records in order, with the boundary before them. */
export interface Segment {
  readonly start: Boundary
  readonly recoveryKey: string | null
  /** The records, one after another. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where in `bytes` each of them ends. */
  readonly ends: Uint32Array<ArrayBuffer>
}

/** What a segment says by itself. Which fault it has, and where, is found again by the one who knows what came before. */
export type SegmentVerdict =
  | {
      readonly ok: true
      readonly count: number
      readonly end: Boundary
      /** The ids of its records, 16 bytes each. */
      readonly ids: Uint8Array<ArrayBuffer>
    }
  | { readonly ok: false }

/** The key in force behind a boundary. */
export const keyOf = ({ epochs }: Boundary): string => epochs.at(-1)?.publicKey ?? ""

/** Verifies everything of a segment but whether its ids are new to the chain. */
export const verifySegment = (segment: Segment, backend: VerifyBackend): SegmentVerdict => {
  const { bytes, ends, recoveryKey, start } = segment
  const seen = new ProofIds()
  const ids = new Uint8Array(ends.length * packedIdBytes)
  const known = {
    has: (id: Uint8Array) => seen.has(id),
    add: (id: Uint8Array) => {
      ids.set(id, chain.count() * packedIdBytes)
      seen.add(id)
    }
  }
  const anchor = { publicKey: keyOf(start), recoveryKey }
  const past = { agentId: start.agentId, epochs: start.epochs, ids: known }
  const chain = makeChainVerifier(anchor, backend, start.head, past)
  let from = 0
  for (const end of ends) {
    if (chain.accept(bytes.subarray(from, end)) !== null) return { ok: false }
    from = end
  }
  const end = { head: chain.head(), agentId: chain.agentId(), epochs: chain.epochs() }
  return { ok: true, count: chain.count(), end, ids }
}

/** Whether two boundaries are the same place of the same chain. */
export const sameBoundary = (a: Boundary, b: Boundary): boolean =>
  a.head?.sequence === b.head?.sequence &&
  a.head?.proofId === b.head?.proofId &&
  a.head?.hash === b.head?.hash &&
  a.agentId === b.agentId &&
  a.epochs.length === b.epochs.length &&
  a.epochs.every(({ firstSequence, publicKey }, at) => {
    const other = b.epochs[at]
    return other?.firstSequence === firstSequence && other.publicKey === publicKey
  })

const nothing = new Uint8Array(0)
const utf8 = new TextEncoder()

/** The bytes of a stored line; none for what is no record whatever it says. Encoding would hide a lone surrogate. */
const recordBytes = (line: string | Uint8Array): Uint8Array => {
  if (line.length > recordBytesMax) return nothing
  if (typeof line !== "string") return line
  return line.isWellFormed() ? utf8.encode(line) : nothing
}

/** A segment to be verified, and where it seems to end. */
export interface Cutting {
  readonly segment: Segment
  readonly end: Boundary
}

/** Cuts a chain into segments, from its lines group by group in order. */
export interface SegmentCutter {
  readonly cut: (lines: ReadonlyArray<string | Uint8Array>) => Cutting
}

/**
 * Starts at the given boundary. Reads of each group only which records hand the chain over, and its last record. Behind a
 * record that is none the boundaries are wrong, which nobody will ask about: the fault before them comes first.
 */
export const makeSegmentCutter = (
  first: Boundary,
  recoveryKey: string | null,
  backend: VerifyBackend
): SegmentCutter => {
  let start = first
  const raw = new RawRecord()

  const boundaryAfter = (records: ReadonlyArray<Uint8Array>): Boundary => {
    const epochs = [...start.epochs]
    for (const record of records) {
      const parsed = raw.load(record) && raw.rotates ? parseProof(record) : null
      if (parsed?.ok !== true || parsed.value.proof.key_rotation === undefined) continue
      const { key_rotation, sequence } = parsed.value.proof
      epochs.push({ firstSequence: sequence + 1, publicKey: key_rotation.new_public_key })
    }
    const record = records.at(-1) ?? nothing
    const last = parseProof(record)
    if (!last.ok || !raw.load(record)) return start
    const { agent, proof_id, sequence } = last.value.proof
    const hash = hashHex(backend, raw.toUnsigned())
    return { head: { sequence, proofId: proof_id, hash }, agentId: agent.agent_id, epochs }
  }

  const cut = (lines: ReadonlyArray<string | Uint8Array>): Cutting => {
    const records = lines.map(recordBytes)
    const bytes = new Uint8Array(records.reduce((length, record) => length + record.length, 0))
    const ends = new Uint32Array(records.length)
    let end = 0
    for (const [at, record] of records.entries()) {
      bytes.set(record, end)
      end += record.length
      ends[at] = end
    }
    const segment = { start, recoveryKey, bytes, ends }
    start = boundaryAfter(records)
    return { segment, end: start }
  }

  return { cut }
}
