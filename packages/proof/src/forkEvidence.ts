/**
 * Evidence that one key signed two different records for one place of one chain. It is one line of text and stands for
 * itself: whoever has it can show that the key was in two hands, or that its holder rewrites history, with no server at hand.
 */
import { canonicalJson, readCanonical } from "./canonicalJson.ts"
import { decodeUtf8 } from "./internal/decodeUtf8.ts"
import { hasKeys, isText } from "./internal/jsonShape.ts"
import { hex32Pattern, type ProofFault, recordBytesMax } from "./proofForm.ts"
import type { VerifyBackend } from "./strictEd25519.ts"
import { type CheckedProof, verifyProof } from "./verify.ts"

/** The form's name, and its version. */
export const forkFormat = "farmops/fork/1"

/** A longer text, in UTF-8 bytes, is refused before it is read: inside a string of JSON a record may take twice its bytes. */
export const forkBytesMax = 4 * recordBytesMax + 512

/**
 * What is wrong with the text around the records. The list is closed. `bad_evidence`: not this form in its one spelling.
 * `no_fork`: both records are good and do not contradict each other.
 */
export const forkFaultCodes = ["too_large", "bad_evidence", "no_fork"] as const

/** One of {@link forkFaultCodes}. */
export type ForkFaultCode = (typeof forkFaultCodes)[number]

/** What is wrong, and with which record, counted from 1; the lists of codes are closed. `detail` never repeats a received value. */
export type ForkFault =
  | { readonly part: "evidence"; readonly code: ForkFaultCode; readonly detail: string }
  | ({ readonly part: "record"; readonly record: 1 | 2 } & ProofFault)

/** Two records that cannot both be the agent's, and the text that shows it. */
export interface ForkEvidence {
  /** The key that signed both. Compare it with one that you learned apart from the evidence. */
  readonly publicKey: string
  readonly agentId: string
  readonly sequence: number
  /** In the order of their hashes. */
  readonly records: readonly [CheckedProof, CheckedProof]
  /** The evidence in its one spelling, without a newline. */
  readonly line: string
}

/** The verdict on evidence. */
export type CheckedFork =
  | { readonly ok: true; readonly value: ForkEvidence }
  | { readonly ok: false; readonly fault: ForkFault }

const utf8 = new TextEncoder()

const refuse = (code: ForkFaultCode, detail: string): CheckedFork => ({
  ok: false,
  fault: { part: "evidence", code, detail }
})

const lineOf = (publicKey: string, first: string, second: string): string =>
  canonicalJson({ format: forkFormat, public_key: publicKey, records: [first, second] })

/** Compares two good records of one key, in whatever order. */
const compare = (publicKey: string, one: CheckedProof, other: CheckedProof): CheckedFork => {
  if (one.proof.agent.agent_id !== other.proof.agent.agent_id) return refuse("no_fork", "they are of two agents")
  if (one.proof.sequence !== other.proof.sequence) return refuse("no_fork", "they have two places in the chain")
  if (one.hash === other.hash) return refuse("no_fork", "they say the same")
  const [first, second] = one.hash < other.hash ? [one, other] : [other, one]
  const { agent, sequence } = first.proof
  const line = lineOf(publicKey, first.line, second.line)
  return { ok: true, value: { publicKey, agentId: agent.agent_id, sequence, records: [first, second], line } }
}

/** Makes the evidence from two records that this key signed, in whatever order; refused where they show no fork. */
export const makeForkEvidence = (
  publicKey: string,
  one: string | Uint8Array,
  other: string | Uint8Array,
  backend: VerifyBackend
): CheckedFork => {
  const first = verifyProof(one, publicKey, backend)
  if (!first.ok) return { ok: false, fault: { part: "record", record: 1, ...first.fault } }
  const second = verifyProof(other, publicKey, backend)
  if (!second.ok) return { ok: false, fault: { part: "record", record: 2, ...second.fault } }
  return compare(publicKey, first.value, second.value)
}

interface ForkParts {
  readonly publicKey: string
  readonly records: readonly [string, string]
}

const parseParts = (text: string): ForkParts | null => {
  const value = readCanonical(text)
  if (!hasKeys(value, ["format", "public_key", "records"])) return null
  const { format, public_key: publicKey, records } = value
  if (format !== forkFormat || !isText(publicKey, hex32Pattern)) return null
  const [first, second]: ReadonlyArray<unknown> = Array.isArray(records) && records.length === 2 ? records : []
  return typeof first === "string" && typeof second === "string" ? { publicKey, records: [first, second] } : null
}

/**
 * Checks evidence from nothing but its text, without a newline. It convicts the key that it names; that the key is the
 * agent's is for the reader to know.
 */
export const verifyForkEvidence = (received: string | Uint8Array, backend: VerifyBackend): CheckedFork => {
  // Untrusted: handed on by anybody.
  if ((typeof received === "string" ? utf8.encode(received) : received).length > forkBytesMax) {
    return refuse("too_large", `evidence has at most ${forkBytesMax} bytes`)
  }
  const parts = parseParts(typeof received === "string" ? received : (decodeUtf8(received) ?? ""))
  if (parts === null) return refuse("bad_evidence", `must be the canonical JSON of ${forkFormat}`)
  const [first, second] = parts.records
  const made = makeForkEvidence(parts.publicKey, first, second, backend)
  if (made.ok && made.value.records[0].line !== first) {
    return refuse("bad_evidence", "the records must be in the order of their hashes")
  }
  return made
}
