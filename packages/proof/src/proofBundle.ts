/**
 * One proof, its path to the root and the checkpoint that signs the root, in one text file in the format of
 * c2sp.org/tlog-proof: whoever has the file and the tracker's key can check it with no server at hand.
 */
import { decodeBase64, encodeBase64 } from "./base64.ts"
import {
  type Checkpoint,
  type CheckpointFault,
  checkpointOrigin,
  claimedSize,
  parseCount,
  parseHash,
  verifyCheckpoint
} from "./checkpoint.ts"
import { encodeHex } from "./hex.ts"
import { hashLeaf } from "./merkleHash.ts"
import { parseProof } from "./parseProof.ts"
import type { FarmProof, ProofFault } from "./proofForm.ts"
import { parseNote } from "./signedNote.ts"
import type { VerifyBackend } from "./strictEd25519.ts"
import { type TrackerKeyRow, trackerKeyAt } from "./trackerRotation.ts"
import { verifyProof } from "./verify.ts"
import { proofHashesMax, verifyInclusion } from "./verifyMerkle.ts"

/** A longer file, in UTF-8 bytes, is refused before it is read: a record of 8 KiB and 54 hashes leave room for many witnesses. */
export const bundleBytesMax = 65_536

/** What is wrong with the file around the record and the checkpoint. The list is closed. */
export const bundleFaultCodes = ["too_large", "bad_bundle", "bad_inclusion"] as const

/** One of {@link bundleFaultCodes}. */
export type BundleFaultCode = (typeof bundleFaultCodes)[number]

/** What is wrong, and in which part of the file; the lists of codes are closed. `detail` never repeats a received value. */
export type BundleFault =
  | { readonly part: "bundle"; readonly code: BundleFaultCode; readonly detail: string }
  | ({ readonly part: "checkpoint" } & CheckpointFault)
  | ({ readonly part: "record" } & ProofFault)

/** What can be checked. The last two are only when the origin and the agent's key were given. */
export const bundleChecks = ["checkpoint_signature", "inclusion", "record_form", "origin", "agent_signature"] as const

/** One of {@link bundleChecks}. */
export type BundleCheck = (typeof bundleChecks)[number]

/** What goes into the file. */
export interface ProofBundle {
  /** The exact stored line, without a newline. */
  readonly line: string
  /** The line's position in the ledger, from 0. */
  readonly index: number
  /** The inclusion proof under the checkpoint's size, from the leaf's sibling up. */
  readonly hashes: ReadonlyArray<Uint8Array>
  /** The note, as the tracker signed it. */
  readonly checkpoint: string
}

/** A file that passed: the record was in the ledger when the checkpoint was signed. */
export interface VerifiedBundle {
  readonly proof: FarmProof
  readonly line: string
  /** The record's chain hash, lowercase hex. */
  readonly hash: string
  readonly index: number
  readonly checkpoint: Checkpoint
  /** Everything that was checked. Without `agent_signature` nothing says that the agent made the record but the tracker. */
  readonly checks: ReadonlyArray<BundleCheck>
}

/** The verdict on a file. */
export type CheckedBundle =
  | { readonly ok: true; readonly value: VerifiedBundle }
  | { readonly ok: false; readonly fault: BundleFault }

/** What the verifier knows apart from the file. Keys are 64 lowercase hex digits. */
export interface BundleTrust {
  /** The ledger that the record must be in; null takes any farm's whose checkpoints the key signs. */
  readonly origin: string | null
  readonly trackerKey: string
  /** All keys of the tracker, where they are known: then the one that covers the checkpoint's size must have signed it. */
  readonly keys?: TrackerKeyRow
  /** The key that signed the record, or null to leave its signature unchecked. */
  readonly agentKey: string | null
}

const header = "c2sp.org/tlog-proof@v1"
const extraMark = "extra "
const indexMark = "index "
const utf8 = new TextEncoder()

interface BundleParts {
  readonly line: Uint8Array
  readonly index: number
  readonly hashes: ReadonlyArray<Uint8Array>
  readonly checkpoint: string
}

const parseBundle = (text: string): BundleParts | null => {
  const split = text.indexOf("\n\n")
  const [first, extra = "", place = "", ...path] = text.slice(0, split).split("\n")
  if (split < 0 || first !== header || !extra.startsWith(extraMark) || !place.startsWith(indexMark)) return null
  const line = decodeBase64(extra.slice(extraMark.length))
  const index = parseCount(place.slice(indexMark.length))
  if (line === null || index === null || path.length > proofHashesMax) return null
  const hashes: Array<Uint8Array> = []
  for (const encoded of path) {
    const hash = parseHash(encoded)
    if (hash === null) return null
    hashes.push(hash)
  }
  return { line, index, hashes, checkpoint: text.slice(split + 2) }
}

/** Writes the file, to be named `*.tlog-proof`. What makes no such file is a bug and throws; whether it verifies is not looked at. */
export const formatProofBundle = ({ checkpoint, hashes, index, line }: ProofBundle): string => {
  const path = hashes.map((hash) => `${encodeBase64(hash)}\n`).join("")
  const extra = encodeBase64(utf8.encode(line))
  const text = `${header}\n${extraMark}${extra}\n${indexMark}${index}\n${path}\n${checkpoint}`
  if (parseBundle(text) === null || parseNote(checkpoint) === null || utf8.encode(text).length > bundleBytesMax) {
    throw new RangeError("an exported proof needs a position, hashes of 32 bytes and a signed note, in at most 64 KiB")
  }
  return text
}

const refuse = (fault: BundleFault): CheckedBundle => ({ ok: false, fault })

const readRecord = (
  line: Uint8Array,
  agentKey: string | null,
  backend: VerifyBackend
): ReturnType<typeof verifyProof> => {
  if (agentKey !== null) return verifyProof(line, agentKey, backend)
  const parsed = parseProof(line)
  if (!parsed.ok) return parsed
  const { line: text, proof, unsigned } = parsed.value
  return { ok: true, value: { proof, line: text, hash: encodeHex(backend.sha256(utf8.encode(unsigned))) } }
}

/** Which ledger's checkpoint the note must be, and who must have signed it. */
const signerOf = (note: string, { keys, origin, trackerKey }: BundleTrust) => {
  if (keys === undefined) return { origin, publicKey: trackerKey }
  const ofKeys = keys.farmId === null ? origin : checkpointOrigin(keys.farmId)
  // No note is of two farms, nor of this one.
  const either = origin === null || origin === ofKeys ? ofKeys : ""
  return { origin: either, publicKey: trackerKeyAt(keys, claimedSize(note) ?? 0) }
}

/**
 * Checks a file from its outside in: its form, the checkpoint under the tracker's key, the path from the record's bytes to
 * the root, then the record. A record that the ledger holds but that is no FarmProof is refused.
 */
export const verifyProofBundle = (text: string, trust: BundleTrust, backend: VerifyBackend): CheckedBundle => {
  // Untrusted: a file from anybody. A UTF-16 unit is at least one byte of UTF-8.
  if (text.length > bundleBytesMax || utf8.encode(text).length > bundleBytesMax) {
    return refuse({ part: "bundle", code: "too_large", detail: "an exported proof has at most 65,536 bytes" })
  }
  const parts = parseBundle(text)
  if (parts === null) {
    return refuse({ part: "bundle", code: "bad_bundle", detail: "must be an exported proof with a record in it" })
  }
  const checkpoint = verifyCheckpoint(parts.checkpoint, signerOf(parts.checkpoint, trust), backend)
  if (!checkpoint.ok) return refuse({ part: "checkpoint", ...checkpoint.fault })
  const { agentKey, origin } = trust
  const { root, size } = checkpoint.value
  const { hashes: proof, index, line } = parts
  if (!verifyInclusion({ index, size, leafHash: hashLeaf(line, backend.sha256), proof, root }, backend.sha256)) {
    const detail = "the record is not at this position of the ledger that the checkpoint signs"
    return refuse({ part: "bundle", code: "bad_inclusion", detail })
  }
  const record = readRecord(line, agentKey, backend)
  if (!record.ok) return refuse({ part: "record", ...record.fault })
  const isGiven: Partial<Record<BundleCheck, boolean>> = { origin: origin !== null, agent_signature: agentKey !== null }
  const checks = bundleChecks.filter((check) => isGiven[check] !== false)
  return { ok: true, value: { ...record.value, index, checkpoint: checkpoint.value, checks } }
}
