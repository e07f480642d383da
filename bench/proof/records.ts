/** One agent's chain in memory, in every shape that a case asks for: as objects, as stored bytes, as signed bytes. */
import { encodeHex } from "@farmops/proof/hex"
import type { UnsignedProof } from "@farmops/proof/proofForm"
import type { Sodium } from "@farmops/proof/SodiumBackend"
import { serializeUnsigned } from "@farmops/proof/serializeProof"
import { signProof } from "@farmops/proof/signProof"
import { type ChainHead, headOf } from "@farmops/proof/verify"

const signatureBytes = 64

/** A key that signs as `Ed25519Sodium` does, without Effect. */
export const makeKey = (sodium: Sodium) => {
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, globalThis.crypto.getRandomValues(new Uint8Array(32)))
  const sign = (message: Uint8Array): string => {
    const signature = Buffer.allocUnsafe(signatureBytes)
    sodium.crypto_sign_detached(signature, message, secretKey)
    return encodeHex(signature)
  }
  return { publicKey, publicKeyHex: encodeHex(publicKey), secretKey, sign }
}

export type Key = ReturnType<typeof makeKey>

const hex = (value: number, length: number): string => value.toString(16).padStart(length, "0")

/** The body of the record at a place. */
export const bodyAt = (at: number, head: ChainHead | null): UnsignedProof => ({
  schema_version: "1",
  proof_id: `01953f2a-${hex(at & 0xffff, 4)}-7000-8000-${hex(at, 12)}`,
  prev_proof_id: head?.proofId ?? null,
  prev_proof_hash: head?.hash ?? null,
  sequence: at,
  timestamp: "2026-02-21T09:30:00Z",
  agent: { agent_id: "01953f2a-0000-7000-8000-0000000000aa", cluster_alias: "prod-eu-1" },
  actor: { actor_hash: hex(at % 7, 64), actor_type: "human" },
  action: {
    plugin: "farmops/k8s-pod-health",
    action_type: "verify",
    category: "maintenance",
    subcategory: null,
    description: `Verified pod health (${at} pods healthy)`
  },
  outcome: { status: "success", verified: true, evidence_hash: hex(at, 64) },
  scoring_hints: { complexity: "low", impact_radius: 3, artifacts_touched: at, time_spent_seconds: null }
})

/** What goes into `signProof`. */
export interface Unsigned {
  readonly body: UnsignedProof
  readonly head: ChainHead | null
}

/** The bytes lie in three buffers, as if read from files: texts in their tens of thousands would keep the collector busy. */
export interface Records {
  readonly count: number
  /** Stored bytes of each record. */
  readonly stored: ReadonlyArray<Uint8Array>
  /** What is signed, and the signature. */
  readonly signed: ReadonlyArray<{ readonly message: Uint8Array; readonly signature: Uint8Array }>
  /** The first records before they were signed. */
  readonly unsigned: ReadonlyArray<Unsigned>
  /** Mean lengths of what is stored and of what is signed. */
  readonly bytes: { readonly stored: number; readonly signed: number }
}

/** More than any of them has. */
const recordBytes = 1200
/** `unsignedCount` of them are kept as objects too. */
export const makeRecords = (count: number, unsignedCount: number, key: Key): Records => {
  const [lines, messages] = [Buffer.alloc(count * recordBytes), Buffer.alloc(count * recordBytes)]
  const signatures = Buffer.alloc(count * signatureBytes)
  const stored: Array<Uint8Array> = []
  const signed: Array<Records["signed"][number]> = []
  const unsigned: Array<Unsigned> = []
  const end = { line: 0, message: 0 }
  let head: ChainHead | null = null
  for (let at = 0; at < count; at++) {
    const body = bodyAt(at, head)
    const made = signProof(body, head, key)
    if (!made.ok) throw new Error(made.fault.detail)
    if (at < unsignedCount) unsigned.push({ body, head })
    const { line, proof } = made.value
    const lineEnd = end.line + lines.write(line, end.line)
    const messageEnd = end.message + messages.write(serializeUnsigned(body), end.message)
    signatures.write(proof.signature, at * signatureBytes, "hex")
    stored.push(lines.subarray(end.line, lineEnd))
    signed.push({
      message: messages.subarray(end.message, messageEnd),
      signature: signatures.subarray(at * signatureBytes, (at + 1) * signatureBytes)
    })
    end.line = lineEnd
    end.message = messageEnd
    head = headOf(made.value)
  }
  const bytes = { stored: Math.round(end.line / count), signed: Math.round(end.message / count) }
  return { count, stored, signed, unsigned, bytes }
}
