/**
 * Decides whether a text is a FarmProof, whether a key signed it and whether it continues a chain. Pure functions over
 * data with no dependency but a {@link VerifyBackend}: a browser, a tracker and an auditor run the same lines.
 */
import { decodeHex, encodeHex } from "./hex.ts"
import {
  type Checked,
  checkForm,
  type FarmProof,
  hex32Pattern,
  type ProofFault,
  recordBytesMax,
  refuse
} from "./proofForm.ts"
import { serializeProof } from "./serializeProof.ts"
import { isStrictPublicKey, type VerifyBackend } from "./strictEd25519.ts"

export type { Checked, FarmProof, ProofFault, ProofFaultCode } from "./proofForm.ts"
export type { VerifyBackend } from "./strictEd25519.ts"

/** A text that has the form of a proof. Nobody has looked at its signature yet. */
export interface UnverifiedProof {
  readonly proof: FarmProof
  /** The exact canonical text as received. */
  readonly line: string
  /** The canonical text without `signature`: what is signed and hashed. */
  readonly unsigned: string
}

/** A proof whose form and signature are good. Its place in a chain is for {@link followsHead} to say. */
export interface CheckedProof {
  readonly proof: FarmProof
  /** Lowercase hex SHA-256 of the unsigned text: what the next proof must carry. */
  readonly hash: string
  /** The exact canonical text as received: store this, never a re-spelling. */
  readonly line: string
}

/** The last proof of a chain, as far as the next one needs it. */
export interface ChainHead {
  readonly sequence: number
  readonly proofId: string
  readonly hash: string
}

/** The verdict on a chain. `line` counts from 1; `count` is the number of good proofs before the fault, or in all. */
export type ChainVerdict =
  | { readonly ok: true; readonly count: number; readonly head: ChainHead | null }
  | { readonly ok: false; readonly line: number; readonly fault: ProofFault; readonly count: number }

const utf8 = new TextEncoder()
// ignoreBOM keeps a byte order mark in the text, where the canonical check refuses it.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decodeText = (received: string | Uint8Array): Checked<string> => {
  const tooLarge = refuse("too_large", null, `a record has at most ${recordBytesMax} bytes`)
  const notUtf8 = refuse("not_utf8", null, "must be well-formed Unicode in UTF-8")
  if (typeof received !== "string") {
    if (received.length > recordBytesMax) return tooLarge
    try {
      return { ok: true, value: strictUtf8.decode(received) }
    } catch {
      return notUtf8
    }
  }
  // A UTF-16 unit takes 1 to 3 bytes of UTF-8, so the exact count is needed only in between.
  if (received.length > recordBytesMax) return tooLarge
  if (received.length * 3 > recordBytesMax && utf8.encode(received).length > recordBytesMax) return tooLarge
  return received.isWellFormed() ? { ok: true, value: received } : notUtf8
}

const allWellFormed = ({ action, agent }: FarmProof): boolean =>
  action.plugin.isWellFormed() &&
  action.description.isWellFormed() &&
  agent.cluster_alias.isWellFormed() &&
  (action.subcategory === null || action.subcategory.isWellFormed())

/** Reads one record: size, UTF-8, JSON, form, and the rule that writing it again gives the very bytes received. */
export const parseProof = (received: string | Uint8Array): Checked<UnverifiedProof> => {
  // Untrusted: sent by any agent.
  const text = decodeText(received)
  if (!text.ok) return text
  let value: unknown
  try {
    value = JSON.parse(text.value)
  } catch {
    return refuse("not_json", null, "must be one JSON object")
  }
  const form = checkForm(value)
  if (!form.ok) return form
  const proof = form.value
  // An escaped lone surrogate is well-formed text outside and not inside.
  if (!allWellFormed(proof)) return refuse("not_utf8", null, "must be well-formed Unicode in UTF-8")
  const { line, unsigned } = serializeProof(proof)
  if (line !== text.value) return refuse("not_canonical", null, "must be spelled exactly as RFC 8785 spells it")
  return { ok: true, value: { proof, line, unsigned } }
}

const decodePublicKey = (publicKeyHex: string): Checked<Uint8Array> => {
  const publicKey = hex32Pattern.test(publicKeyHex) ? decodeHex(publicKeyHex) : null
  return publicKey !== null && isStrictPublicKey(publicKey)
    ? { ok: true, value: publicKey }
    : refuse("bad_key", null, "the public key must be 64 lowercase hex digits of a key that is not of small order")
}

const checkSigned = (
  received: string | Uint8Array,
  publicKey: Uint8Array,
  backend: VerifyBackend
): Checked<CheckedProof> => {
  const parsed = parseProof(received)
  if (!parsed.ok) return parsed
  const { line, proof, unsigned } = parsed.value
  const message = utf8.encode(unsigned)
  const signature = decodeHex(proof.signature)
  if (signature === null || !backend.verify(signature, message, publicKey)) {
    return refuse("bad_signature", "signature", "was not made by this key over this record")
  }
  return { ok: true, value: { proof, hash: encodeHex(backend.sha256(message)), line } }
}

/** Form and signature of one record under one key. `publicKeyHex` is the enrolled key, never one that came with the record. */
export const verifyProof = (
  received: string | Uint8Array,
  publicKeyHex: string,
  backend: VerifyBackend
): Checked<CheckedProof> => {
  const publicKey = decodePublicKey(publicKeyHex)
  return publicKey.ok ? checkSigned(received, publicKey.value, backend) : publicKey
}

/** Whether a proof is the one that may come next: one comparison whatever the length of the chain. `null` means no proof yet. */
export const followsHead = (head: ChainHead | null, proof: FarmProof): Checked<FarmProof> => {
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

/** Checks one agent's chain as its lines come. `accept` answers with the fault of a bad line, after which nothing more may follow. */
export interface ChainVerifier {
  readonly accept: (line: string | Uint8Array) => ProofFault | null
  /** The number of good proofs so far. */
  readonly count: () => number
  /** The last good proof, or where the chain was taken up. */
  readonly head: () => ChainHead | null
}

/**
 * Verifies every signature and every link of a chain that need not fit in memory. Starts at the first proof, or after
 * `from` for the rest of a chain whose beginning is already known. Remembers each `proof_id`: about 100 bytes a proof.
 */
export const makeChainVerifier = (
  publicKeyHex: string,
  backend: VerifyBackend,
  from: ChainHead | null = null
): ChainVerifier => {
  const publicKey = decodePublicKey(publicKeyHex)
  const seen = new Set<string>()
  let head = from
  let agentId: string | null = null
  let count = 0
  const accept = (line: string | Uint8Array): ProofFault | null => {
    const checked = publicKey.ok ? checkSigned(line, publicKey.value, backend) : publicKey
    if (!checked.ok) return checked.fault
    const { proof } = checked.value
    const linked = followsHead(head, proof)
    if (!linked.ok) return linked.fault
    agentId ??= proof.agent.agent_id
    if (proof.agent.agent_id !== agentId) {
      return refuse("wrong_agent", "agent.agent_id", "must be the same in the whole chain").fault
    }
    if (seen.has(proof.proof_id)) return refuse("repeated_id", "proof_id", "must not occur twice in a chain").fault
    seen.add(proof.proof_id)
    head = headOf(checked.value)
    count++
    return null
  }
  return { accept, count: () => count, head: () => head }
}

/** {@link makeChainVerifier} over lines that are at hand. Stops at the first bad one. */
export const verifyChain = (
  lines: Iterable<string | Uint8Array>,
  publicKeyHex: string,
  backend: VerifyBackend,
  from: ChainHead | null = null
): ChainVerdict => {
  const chain = makeChainVerifier(publicKeyHex, backend, from)
  for (const line of lines) {
    const fault = chain.accept(line)
    if (fault !== null) return { ok: false, line: chain.count() + 1, fault, count: chain.count() }
  }
  return { ok: true, count: chain.count(), head: chain.head() }
}
