/** One agent's chain in memory, in every shape that a case asks for: as objects, as stored bytes, as signed bytes. */
import { encodeHex } from "@farmops/proof/hex"
import type { UnsignedProof } from "@farmops/proof/proofForm"
import type { Sodium } from "@farmops/proof/SodiumBackend"
import { signProof } from "@farmops/proof/signProof"
import { type ChainHead, headOf, parseProof } from "@farmops/proof/verify"

/** A key that signs by libsodium, without Effect. */
export const makeKey = (sodium: Sodium) => {
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, globalThis.crypto.getRandomValues(new Uint8Array(32)))
  const sign = (message: Uint8Array): string => {
    const signature = new Uint8Array(64)
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

export interface Records {
  readonly count: number
  /** Stored bytes of each record, all in one buffer as read from a file. */
  readonly stored: ReadonlyArray<Uint8Array>
  readonly text: (at: number) => string
  /** What is signed, and the signature. */
  readonly signed: ReadonlyArray<{ readonly message: Uint8Array; readonly signature: Uint8Array }>
  /** The first records before they were signed. */
  readonly unsigned: ReadonlyArray<Unsigned>
  /** Mean length of what is signed. */
  readonly bytes: number
}

/** `unsignedCount` of them are kept as objects too. */
export const makeRecords = (count: number, unsignedCount: number, key: Key): Records => {
  const lines: Array<string> = []
  const unsigned: Array<Unsigned> = []
  let head: ChainHead | null = null
  for (let at = 0; at < count; at++) {
    const body = bodyAt(at, head)
    const made = signProof(body, head, key)
    if (!made.ok) throw new Error(made.fault.detail)
    if (at < unsignedCount) unsigned.push({ body, head })
    lines.push(made.value.line)
    head = headOf(made.value)
  }
  const file = Buffer.from(lines.join("\n"))
  const signed = lines.map((line) => {
    const parsed = parseProof(line)
    if (!parsed.ok) throw new Error(parsed.fault.detail)
    const { proof, unsigned: text } = parsed.value
    return { message: Buffer.from(text), signature: Buffer.from(proof.signature, "hex") }
  })
  let end = -1
  const stored = lines.map((line) => {
    const start = end + 1
    end = start + line.length
    return file.subarray(start, end)
  })
  const bytes = Math.round(signed.reduce((sum, { message }) => sum + message.length, 0) / count)
  return { count, stored, text: (at) => lines[at] ?? "", signed, unsigned, bytes }
}
