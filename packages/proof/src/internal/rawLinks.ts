/** Follows a chain over the raw bytes of its records: one hash and three comparisons for each, and no parsing. */
import { type ProofFault, refuse } from "../proofForm.ts"
import { hashHex, type VerifyBackend } from "../strictEd25519.ts"
import type { ChainHead } from "../verify.ts"
import { idBytes, RawRecord } from "./rawRecord.ts"

const utf8 = new TextEncoder()
const ascii = new TextDecoder("latin1")

/** Looks at one record at a time: `load`, then `check`, then `take`. */
export interface RawLinks {
  /** False for a line that is not laid out as a canonical record is; nothing else may be asked about it. */
  readonly load: (line: string | Uint8Array) => boolean
  /** Whether the loaded record hands the chain over. */
  readonly rotates: () => boolean
  /** Whether the loaded record carries the number, the hash and the id that must come next. */
  readonly check: () => ProofFault | null
  /** Makes the loaded record the head. */
  readonly take: () => void
  readonly head: () => ChainHead | null
  /** The sequence that must come next. */
  readonly next: () => number
}

const wrongParent = (path: "prev_proof_hash" | "prev_proof_id", what: string): ProofFault =>
  refuse("wrong_parent", path, `must be the ${what} of the proof before it`).fault

const parentAtGenesis = refuse(
  "genesis_mismatch",
  "sequence",
  "prev_proof_id and prev_proof_hash must be null at sequence 0 and nowhere else"
).fault

/** Starts after `from`, or at the first record. */
export const makeRawLinks = (backend: VerifyBackend, from: ChainHead | null): RawLinks => {
  let loaded = new RawRecord()
  // The parts of the head are compared where they lie, so its bytes stay until the next record has been taken.
  let headRecord = new RawRecord()
  let hash = from?.hash ?? ""
  let next = from === null ? 0 : from.sequence + 1
  utf8.encodeInto(from?.proofId ?? "", headRecord.bytes)
  headRecord.putHash(hash)

  const check = (): ProofFault | null => {
    if (loaded.sequenceNumber() !== next) return refuse("wrong_sequence", "sequence", `must be ${next} here`).fault
    const first = next === 0
    if (loaded.hasParent === first) return parentAtGenesis
    if (first) return null
    if (!loaded.carriesHashOf(headRecord)) return wrongParent("prev_proof_hash", "hash")
    return loaded.carriesIdOf(headRecord) ? null : wrongParent("prev_proof_id", "proof_id")
  }

  const take = (): void => {
    hash = hashHex(backend, loaded.toUnsigned())
    loaded.putHash(hash)
    const taken = loaded
    loaded = headRecord
    headRecord = taken
    next++
  }

  const headId = () => ascii.decode(headRecord.bytes.subarray(headRecord.proofId, headRecord.proofId + idBytes))

  return {
    load: (line) => loaded.load(line),
    rotates: () => loaded.rotates,
    check,
    take,
    head: () => (next === 0 ? null : { sequence: next - 1, proofId: headId(), hash }),
    next: () => next
  }
}
