/** Reads one record: its size, its Unicode, its JSON, its form, and that it is spelled in the one way it may be. */
import { UsualRecord } from "./internal/usualRecord.ts"
import {
  type Checked,
  checkForm,
  checkUnsignedForm,
  type FarmProof,
  recordBytesMax,
  refuse,
  type UnsignedProof
} from "./proofForm.ts"
import { cutSignature, serializeProof } from "./serializeProof.ts"

/** A text that has the form of a proof. Nobody has looked at its signature yet. */
export interface UnverifiedProof {
  readonly proof: FarmProof
  /** The exact canonical text as received. */
  readonly line: string
  /** The canonical text without `signature`: what is signed and hashed. */
  readonly unsigned: string
}

const utf8 = new TextEncoder()
// ignoreBOM keeps a byte order mark in the text, where the canonical check refuses it.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const tooLarge = refuse("too_large", null, `a record has at most ${recordBytesMax} bytes`)
const notUtf8 = refuse("not_utf8", null, "must be well-formed Unicode in UTF-8")

const decodeText = (received: string | Uint8Array): Checked<string> => {
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

const allWellFormed = ({ action, agent }: UnsignedProof): boolean =>
  action.plugin.isWellFormed() &&
  action.description.isWellFormed() &&
  agent.cluster_alias.isWellFormed() &&
  (action.subcategory === null || action.subcategory.isWellFormed())

// An escaped lone surrogate is well-formed text outside and not inside.
const orNotUtf8 = <Proof extends UnsignedProof>(form: Checked<Proof>): Checked<Proof> =>
  !form.ok || allWellFormed(form.value) ? form : notUtf8

/** Checks a value that was read from a record: its form, and that UTF-8 can spell its texts. */
export const checkValue = (value: unknown): Checked<FarmProof> => orNotUtf8(checkForm(value))

/** The same for one that is to be signed and written. */
export const checkUnsigned = (value: unknown): Checked<UnsignedProof> => orNotUtf8(checkUnsignedForm(value))

// One for all, since nothing here waits.
const usual = new UsualRecord()

/** Reads one record: size, UTF-8, JSON, form, and the rule that writing it again gives the very bytes received. */
export const parseProof = (received: string | Uint8Array): Checked<UnverifiedProof> => {
  // Untrusted: sent by any agent.
  const isUsual = usual.load(received)
  const text = decodeText(received)
  if (!text.ok) return text
  let value: unknown
  try {
    value = JSON.parse(text.value)
  } catch {
    return refuse("not_json", null, "must be one JSON object")
  }
  if (isUsual) {
    // The walk has seen every field and every byte.
    return { ok: true, value: { proof: value as FarmProof, line: text.value, unsigned: cutSignature(text.value) } }
  }
  const checked = checkValue(value)
  if (!checked.ok) return checked
  const proof = checked.value
  const { line, unsigned } = serializeProof(proof)
  if (line !== text.value) return refuse("not_canonical", null, "must be spelled exactly as RFC 8785 spells it")
  return { ok: true, value: { proof, line, unsigned } }
}
