/** Records to sign, break and chain: plain JSON, so that a vector may be wrong in any way. */
import { createHash } from "node:crypto"
import { canonicalJson } from "@farmops/proof/canonicalJson"
import { sampleKey } from "./sampleKeys.ts"

/** A record as loose JSON. */
export type Loose = { [key: string]: unknown }

export const agent = sampleKey("agent")
export const stranger = sampleKey("stranger")
/** The key that the agent goes over to, and the one after it. */
export const nextKey = sampleKey("next")
export const thirdKey = sampleKey("third")
/** Fixed at the agent's enrolment. */
export const recovery = sampleKey("recovery")

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex")

const id = (at: number) => `019400d5-8b0a-7c3e-9f21-${at.toString(16).padStart(12, "0")}`

/** The record at `sequence` with the given parent, without a signature. */
export const body = (sequence = 0, parent: Loose | null = null): Loose => ({
  schema_version: "1",
  proof_id: id(sequence),
  prev_proof_id: parent === null ? null : parent.proof_id,
  prev_proof_hash: parent === null ? null : hashOf(parent),
  sequence,
  timestamp: "2026-02-21T09:30:00Z",
  agent: { agent_id: "4b1f7f0c-6a52-4a6e-8d0e-3f6d2a9c5b17", cluster_alias: "prod-eu-1" },
  actor: { actor_hash: sha256("actor"), actor_type: "human" },
  action: {
    plugin: "farmops/k8s-pod-health",
    action_type: "verify",
    category: "maintenance",
    subcategory: null,
    description: "Verified pod health across all namespaces (52 pods healthy)"
  },
  outcome: { status: "success", verified: true, evidence_hash: sha256(`evidence ${sequence}`) },
  scoring_hints: { complexity: "low", impact_radius: 3, artifacts_touched: 52, time_spent_seconds: null }
})

/** A copy with some fields replaced, given as `{"outcome.status": …}`. */
export const withFields = (record: Loose, fields: Loose): Loose => {
  const copy = structuredClone(record)
  for (const [path, value] of Object.entries(fields)) {
    const keys = path.split(".")
    const last = keys.pop() ?? ""
    const owner = keys.reduce<Loose>((at, key) => at[key] as Loose, copy)
    owner[last] = value
  }
  return copy
}

/** A copy without one field. */
export const withoutField = (record: Loose, path: string): Loose => {
  const copy = structuredClone(record)
  const keys = path.split(".")
  const last = keys.pop() ?? ""
  delete keys.reduce<Loose>((at, key) => at[key] as Loose, copy)[last]
  return copy
}

/** The signed record and its canonical text. Signs whatever it is given: most vectors are wrong in spite of a good signature. */
export const signed = (record: Loose, key = agent): { readonly record: Loose; readonly text: string } => {
  const { signature: _, ...unsigned } = record
  const whole = { ...unsigned, signature: key.sign(canonicalJson(unsigned)) }
  return { record: whole, text: canonicalJson(whole) }
}

/** The chain hash of a record, signed or not. */
export const hashOf = (record: Loose): string => {
  const { signature: _, ...unsigned } = record
  return sha256(canonicalJson(unsigned))
}

/** A good chain of `length` proofs, each built on the one before. */
export const chain = (length: number, change: (record: Loose, at: number) => Loose = (record) => record) => {
  const proofs: Array<ReturnType<typeof signed>> = []
  for (let at = 0; at < length; at++) {
    proofs.push(signed(change(body(at, proofs.at(-1)?.record ?? null), at)))
  }
  return proofs
}

/** What the possession of a rotation signs: a tagged statement over the record's place in its chain. */
export const placeText = (record: Loose, changes: Loose = {}): string => {
  const { agent_id } = record.agent as Loose
  const place = { agent_id, prev_proof_hash: record.prev_proof_hash, sequence: record.sequence, ...changes }
  return `farmops/rotation/v1\u0000${canonicalJson(place)}`
}

/** The record as one that hands its chain over to `to`, without a signature. */
export const rotating = (record: Loose, to = nextKey, possession = to.sign(placeText(record))): Loose => ({
  ...withFields(record, {
    "action.action_type": "configure",
    "action.category": "security",
    "action.description": "Rotated the agent's key"
  }),
  key_rotation: { new_public_key: to.publicKey, possession }
})

/** Texts that bring the record to exactly so many bytes: the description and three others hold enough for it. */
export const filledTo = (bytes: number): Loose => {
  const texts = (alias: string): Loose => ({
    "agent.cluster_alias": alias,
    "action.plugin": "\u0001".repeat(128),
    "action.subcategory": "\u0001".repeat(64),
    "action.description": "\u0001".repeat(1024)
  })
  const bare = Buffer.byteLength(signed(withFields(body(), texts("a"))).text)
  return texts("a".repeat(1 + bytes - bare))
}
