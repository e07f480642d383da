/**
 * Decides whether a text is a FarmProof, whether a key signed it and whether it continues a chain. Pure functions over
 * data with no dependency but a {@link VerifyBackend}: a browser, a tracker and an auditor run the same lines.
 */
import type { ChainHead, ChainPast, KeyEpoch } from "./chainHead.ts"
import { decodeHex, decodeHexInto } from "./hex.ts"
import { ProofIds, packId } from "./internal/proofIds.ts"
import { makeUsualChain } from "./internal/usualChain.ts"
import { checkPossession } from "./keyRotation.ts"
import { parseProof, type UnverifiedProof } from "./parseProof.ts"
import {
  type Checked,
  type FarmProof,
  hex32Pattern,
  type ProofFault,
  recordBytesMax,
  refuse,
  type UnsignedProof
} from "./proofForm.ts"
import { writeUnsigned } from "./serializeProof.ts"
import { hashHex, isStrictPublicKey, signatureBytes, type VerifyBackend } from "./strictEd25519.ts"

export type { ChainHead, ChainPast, KeyEpoch } from "./chainHead.ts"
export { parseProof, type UnverifiedProof } from "./parseProof.ts"
export type { Checked, FarmProof, KeyRotation, ProofFault, ProofFaultCode } from "./proofForm.ts"
export type { VerifyBackend } from "./strictEd25519.ts"

/** A proof whose form and signature are good. Its place in a chain is for {@link followsHead} to say. */
export interface CheckedProof {
  readonly proof: FarmProof
  /** Lowercase hex SHA-256 of the unsigned text: what the next proof must carry. */
  readonly hash: string
  /** The exact canonical text as received: store this, never a re-spelling. */
  readonly line: string
}

/** The verdict on a chain. `line` counts from 1; `count` is the number of good proofs before the fault, or in all. */
export type ChainVerdict =
  | {
      readonly ok: true
      readonly count: number
      readonly head: ChainHead | null
      readonly epochs: ReadonlyArray<KeyEpoch>
    }
  | { readonly ok: false; readonly line: number; readonly fault: ProofFault; readonly count: number }

// One of each for all, since nothing here waits: fresh ones for each record would cost more than hashing it.
const scratch = new Uint8Array(recordBytesMax)
const signature = new Uint8Array(signatureBytes)

const decodePublicKey = (publicKeyHex: string): Checked<Uint8Array> => {
  const publicKey = hex32Pattern.test(publicKeyHex) ? decodeHex(publicKeyHex) : null
  return publicKey !== null && isStrictPublicKey(publicKey)
    ? { ok: true, value: publicKey }
    : refuse("bad_key", null, "the public key must be 64 lowercase hex digits of a key that is not of small order")
}

/** Decodes each key once for the whole chain that asks for it at every record. */
const makeKeyReader = (): typeof decodePublicKey => {
  let last = { hex: "", decoded: decodePublicKey("") }
  return (hex) => {
    if (last.hex !== hex) last = { hex, decoded: decodePublicKey(hex) }
    return last.decoded
  }
}
const readPublicKey = makeKeyReader()
const readRecoveryKey = makeKeyReader()

const checkSigned = (
  { line, proof }: UnverifiedProof,
  publicKey: Uint8Array,
  backend: VerifyBackend
): Checked<CheckedProof> => {
  const message = writeUnsigned(line, scratch)
  if (!decodeHexInto(proof.signature, signature) || !backend.verify(signature, message, publicKey)) {
    return refuse("bad_signature", "signature", "was not made by this key over this record")
  }
  const unproved = checkPossession(proof, backend)
  if (unproved !== null) return { ok: false, fault: unproved }
  return { ok: true, value: { proof, hash: hashHex(backend, message), line } }
}

/** Form and signature of one record under one key. `publicKeyHex` is the enrolled key, never one that came with the record. */
export const verifyProof = (
  received: string | Uint8Array,
  publicKeyHex: string,
  backend: VerifyBackend
): Checked<CheckedProof> => {
  const publicKey = readPublicKey(publicKeyHex)
  if (!publicKey.ok) return publicKey
  const parsed = parseProof(received)
  return parsed.ok ? checkSigned(parsed.value, publicKey.value, backend) : parsed
}

/** The signature of a record whose form `parseProof` has found good, for whoever had to look into it to know its key. */
export const verifyParsed = (
  parsed: UnverifiedProof,
  publicKeyHex: string,
  backend: VerifyBackend
): Checked<CheckedProof> => {
  const publicKey = readPublicKey(publicKeyHex)
  return publicKey.ok ? checkSigned(parsed, publicKey.value, backend) : publicKey
}

/** Whether a proof is the one that may come next: one comparison whatever the length of the chain. `null` means no proof yet. */
export const followsHead = <Proof extends UnsignedProof>(head: ChainHead | null, proof: Proof): Checked<Proof> => {
  const expected = head === null ? 0 : head.sequence + 1
  if (proof.sequence !== expected) return refuse("wrong_sequence", "sequence", `must be ${expected} here`)
  if (proof.prev_proof_hash !== (head?.hash ?? null)) {
    return refuse("wrong_parent", "prev_proof_hash", "must be the hash of the proof before it")
  }
  if (proof.prev_proof_id !== (head?.proofId ?? null)) {
    return refuse("wrong_parent", "prev_proof_id", "must be the proof_id of the proof before it")
  }
  return { ok: true, value: proof }
}

/** The head that a checked proof leaves behind. */
export const headOf = ({ hash, proof }: Pick<CheckedProof, "hash" | "proof">): ChainHead => ({
  sequence: proof.sequence,
  proofId: proof.proof_id,
  hash
})

/** The keys with which a chain is taken up, learned apart from it. */
export interface ChainAnchor {
  /** The key in force at the first record, or after the head from which the chain is taken up. */
  readonly publicKey: string
  /** Fixed at enrolment; it may sign a rotation at any time, whatever the key in force. `null` for an agent without one. */
  readonly recoveryKey: string | null
}

/** The anchor that a key in hex stands for: one without a recovery key. */
export const anchorOf = (anchor: string | ChainAnchor): ChainAnchor =>
  typeof anchor === "string" ? { publicKey: anchor, recoveryKey: null } : anchor

/** The key in force, where every key of the anchor could do its part: another would pass unnoticed until it is needed. */
const readKeys = ({ publicKey, recoveryKey }: ChainAnchor): Checked<Uint8Array> => {
  if (recoveryKey === publicKey) {
    return refuse("bad_key", null, "the recovery key must be another than the key in force")
  }
  const recovery = recoveryKey === null ? null : readRecoveryKey(recoveryKey)
  return recovery?.ok === false ? recovery : readPublicKey(publicKey)
}

/**
 * Form and signature of one record in its chain: by the key in force, or, where it hands the chain over, by the recovery
 * key, which outranks it.
 */
export const verifyInChain = (
  received: string | Uint8Array,
  anchor: ChainAnchor,
  backend: VerifyBackend
): Checked<CheckedProof> => {
  const key = readKeys(anchor)
  if (!key.ok) return key
  const parsed = parseProof(received)
  if (!parsed.ok) return parsed
  const checked = checkSigned(parsed.value, key.value, backend)
  if (checked.ok || checked.fault.code !== "bad_signature" || anchor.recoveryKey === null) return checked
  return parsed.value.proof.key_rotation === undefined
    ? checked
    : verifyParsed(parsed.value, anchor.recoveryKey, backend)
}

/** Checks one agent's chain as its lines come. `accept` answers with the fault of a bad line, after which nothing more may follow. */
export interface ChainVerifier {
  readonly accept: (line: string | Uint8Array) => ProofFault | null
  /** The number of good proofs so far. */
  readonly count: () => number
  /** The last good proof, or where the chain was taken up. */
  readonly head: () => ChainHead | null
  /** Who signed from which sequence on, in order; the last key is the one in force. */
  readonly epochs: () => ReadonlyArray<KeyEpoch>
  /** Whose chain it is; `null` before the first good proof. */
  readonly agentId: () => string | null
}

/** An empty set of ids that keeps nothing but them: at most 64 bytes each. */
export const makeIds = (): ChainPast["ids"] => new ProofIds()

/**
 * Verifies every signature, every link and every change of key of a chain that need not fit in memory. Starts at the first
 * proof, or after `from` for the rest of a chain whose beginning is already known. Remembers each `proof_id`: at most 64
 * bytes a proof.
 */
export const makeChainVerifier = (
  anchor: string | ChainAnchor,
  backend: VerifyBackend,
  from: ChainHead | null = null,
  past: ChainPast | null = null
): ChainVerifier => {
  let keys = anchorOf(anchor)
  const ids = past?.ids ?? makeIds()
  const firstSequence = from === null ? 0 : from.sequence + 1
  const epochs = [...(past?.epochs ?? [{ firstSequence, publicKey: keys.publicKey }])]
  const usedKeys = new Set([keys.recoveryKey, ...epochs.map(({ publicKey }) => publicKey)])
  const usual = makeUsualChain(backend, ids)
  let key = readKeys(keys)
  let agentId = past?.agentId ?? null
  let count = 0
  usual.put(from, agentId)
  const accept = (line: string | Uint8Array): ProofFault | null => {
    // Nearly all; what is wrong with a record, if anything, only the long way says.
    if (key.ok && usual.take(line, key.value)) {
      count++
      return null
    }
    const checked = verifyInChain(line, keys, backend)
    if (!checked.ok) return checked.fault
    const { proof } = checked.value
    const linked = followsHead(usual.head(), proof)
    if (!linked.ok) return linked.fault
    if (proof.agent.agent_id !== (agentId ?? proof.agent.agent_id)) {
      return refuse("wrong_agent", "agent.agent_id", "must be the same in the whole chain").fault
    }
    const id = packId(proof.proof_id)
    if (ids.has(id)) return refuse("repeated_id", "proof_id", "must not occur twice in a chain").fault
    const next = proof.key_rotation?.new_public_key
    if (next !== undefined) {
      if (usedKeys.has(next)) {
        return refuse("key_reused", "key_rotation.new_public_key", "must not have been this agent's key before").fault
      }
      usedKeys.add(next)
      epochs.push({ firstSequence: proof.sequence + 1, publicKey: next })
      keys = { ...keys, publicKey: next }
      key = readKeys(keys)
    }
    ids.add(id)
    agentId = proof.agent.agent_id
    usual.put(headOf(checked.value), agentId)
    count++
    return null
  }
  return { accept, count: () => count, head: usual.head, epochs: () => epochs, agentId: () => agentId }
}

/** {@link makeChainVerifier} over lines that are at hand. Stops at the first bad one. */
export const verifyChain = (
  lines: Iterable<string | Uint8Array>,
  anchor: string | ChainAnchor,
  backend: VerifyBackend,
  from: ChainHead | null = null
): ChainVerdict => {
  const chain = makeChainVerifier(anchor, backend, from)
  for (const line of lines) {
    const fault = chain.accept(line)
    if (fault !== null) return { ok: false, line: chain.count() + 1, fault, count: chain.count() }
  }
  return { ok: true, count: chain.count(), head: chain.head(), epochs: chain.epochs() }
}
