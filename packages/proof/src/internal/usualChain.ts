/**
 * Follows a chain over the bytes of its usual records: form, link, id and signature, and no object for any of them. What it
 * takes `makeChainVerifier` would accept; of what it does not take it says nothing, and the long way finds out why.
 */
import type { ChainHead, ChainPast } from "../chainHead.ts"
import { hashHex, type VerifyBackend } from "../strictEd25519.ts"
import { packedIdBytes, packIdAt } from "./proofIds.ts"
import { UsualRecord } from "./usualRecord.ts"

const utf8 = new TextEncoder()
const ascii = new TextDecoder("latin1")

const hashDigits = 64
const idBytes = 36

/** The head of the chain so far, wherever it came from. */
export interface UsualChain {
  /** Whether the line is the next record of the chain and signed with the key. It is the head then. */
  readonly take: (line: string | Uint8Array, publicKey: Uint8Array) => boolean
  /** Makes a record the head that was verified elsewhere. */
  readonly put: (head: ChainHead | null, agentId: string | null) => void
  readonly head: () => ChainHead | null
}

/** Starts before the first record. It takes none before it knows whose chain it is. */
export const makeUsualChain = (backend: VerifyBackend, ids: ChainPast["ids"]): UsualChain => {
  const record = new UsualRecord()
  const hash = new Uint8Array(hashDigits)
  const headId = new Uint8Array(idBytes)
  const agentId = new Uint8Array(idBytes)
  const packedId = new Uint8Array(packedIdBytes)
  let next = 0
  /** The head as it was put; a text of each record taken since would be made for nobody. */
  let given: ChainHead | null = null
  let takenHash: string | null = null

  const carries = (from: number, wanted: Uint8Array): boolean => {
    for (let at = 0; at < wanted.length; at++) if (record.bytes[from + at] !== wanted[at]) return false
    return true
  }

  const isNext = (): boolean =>
    record.sequence === next &&
    carries(record.prevHash, hash) &&
    carries(record.prevId, headId) &&
    carries(record.agentId, agentId)

  const take = (line: string | Uint8Array, publicKey: Uint8Array): boolean => {
    if (!record.load(line) || !isNext()) return false
    packIdAt(record.bytes, record.proofId, packedId)
    if (ids.has(packedId)) return false
    const message = record.toUnsigned()
    if (!backend.verify(record.signature, message, publicKey)) return false
    ids.add(packedId)
    takenHash = hashHex(backend, message)
    utf8.encodeInto(takenHash, hash)
    headId.set(record.bytes.subarray(record.proofId, record.proofId + idBytes))
    next++
    return true
  }

  const put = (head: ChainHead | null, agent: string | null): void => {
    given = head
    takenHash = null
    next = head === null ? 0 : head.sequence + 1
    // What is not told is as no record spells it.
    for (const [bytes, text] of [
      [hash, head?.hash],
      [headId, head?.proofId],
      [agentId, agent]
    ] as const) {
      bytes.fill(0)
      utf8.encodeInto(text ?? "", bytes)
    }
  }

  const head = (): ChainHead | null =>
    takenHash === null ? given : { sequence: next - 1, proofId: ascii.decode(headId), hash: takenHash }

  return { take, put, head }
}
