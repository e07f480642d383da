/** Signs a body as the next record of a chain, and looks at the result as a tracker would before anybody else sees it. */
import { sha256Hex } from "./internal/sha256.ts"
import { checkUnsigned } from "./parseProof.ts"
import {
  type Checked,
  type FarmProof,
  isHex,
  type ProofFault,
  recordBytesMax,
  refuse,
  type UnsignedProof
} from "./proofForm.ts"
import { insertSignature, serializeUnsigned } from "./serializeProof.ts"
import { signatureBytes } from "./strictEd25519.ts"
import { type ChainHead, followsHead } from "./verify.ts"

// Accepted from others, since it is well-formed text, but never made by us: it could drive a terminal or hide text.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

const checkPrintable = ({ action, agent }: UnsignedProof): ProofFault | null => {
  const { description, plugin, subcategory } = action
  // Almost always none of them is, and one look at all is enough.
  if (!unprintable.test(`${agent.cluster_alias}${plugin}${subcategory ?? ""}${description}`)) return null
  const texts = {
    "agent.cluster_alias": agent.cluster_alias,
    "action.plugin": plugin,
    "action.subcategory": subcategory
  }
  const path = Object.entries(texts).find(([, text]) => unprintable.test(text ?? ""))?.[0] ?? "action.description"
  return refuse("bad_format", path, "must not have control characters").fault
}

const utf8 = new TextEncoder()

/** A signed record, its exact text, and the hash that the next one carries. */
export interface SignedProof {
  readonly proof: FarmProof
  readonly line: string
  readonly hash: string
}

// One for all, since nothing here waits.
const scratch = new Uint8Array(recordBytesMax)
const signatureDigits = 2 * signatureBytes

/**
 * The record for the place after `head`. Refused, and not signed, for anything for which a tracker would refuse it. `key.sign`
 * must not keep the message: its bytes are used again.
 */
export const signProof = (
  body: UnsignedProof,
  head: ChainHead | null,
  key: { readonly sign: (message: Uint8Array) => string }
): Checked<SignedProof> => {
  const unprintableText = checkPrintable(body)
  if (unprintableText !== null) return { ok: false, fault: unprintableText }
  // What has the form is written in one way, and in far fewer than `recordBytesMax` bytes.
  const checked = checkUnsigned(body)
  if (!checked.ok) return checked
  const linked = followsHead(head, checked.value)
  if (!linked.ok) return linked
  const text = serializeUnsigned(body)
  const unsigned = scratch.subarray(0, utf8.encodeInto(text, scratch).written)
  const signature = key.sign(unsigned)
  if (!isHex(signature, signatureDigits)) return refuse("bad_format", "signature", "must be 128 lowercase hex digits")
  const proof: FarmProof = { ...body, signature }
  return { ok: true, value: { proof, line: insertSignature(text, signature), hash: sha256Hex(unsigned) } }
}
