/**
 * A tracker's signed word on its whole ledger: how many lines it has and the root of the tree over them, as a note in the
 * format of c2sp.org/tlog-checkpoint. Each names the one before it, so the checkpoints of a farm are a chain too.
 */
import { decodeBase64, encodeBase64 } from "./base64.ts"
import { publicKeyBytes } from "./internal/publicKey.ts"
import { emptyRoot, hashBytes } from "./merkleHash.ts"
import { parseNote, signNote, verifyNote } from "./signedNote.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

/** Why a checkpoint was refused. The list is closed; `docs/protocol/checkpoints-v1.md` says when each is given. */
export const checkpointFaultCodes = [
  "bad_key",
  "bad_note",
  "wrong_origin",
  "unsigned",
  "bad_signature",
  "bad_size",
  "bad_root",
  "bad_extension",
  "wrong_previous",
  "smaller_size",
  "other_root"
] as const

/** One of {@link checkpointFaultCodes}. */
export type CheckpointFaultCode = (typeof checkpointFaultCodes)[number]

/** What is wrong. `detail` never repeats a received value. */
export interface CheckpointFault {
  readonly code: CheckpointFaultCode
  readonly detail: string
}

/** What a checkpoint says. */
export interface CheckpointBody {
  /** Whose ledger it is; see {@link checkpointOrigin}. */
  readonly origin: string
  /** The number of lines in the ledger. */
  readonly size: number
  /** The root of the tree over the first `size` lines. */
  readonly root: Uint8Array
  /** The `hash` of the checkpoint that was signed before it, `null` on a ledger's first. */
  readonly previous: Uint8Array | null
}

/** A checkpoint whose signature is good. */
export interface Checkpoint extends CheckpointBody {
  /** SHA-256 of the signed text, signatures apart: what the next checkpoint names. */
  readonly hash: Uint8Array
}

/** A checkpoint that passed, or the first fault found. */
export type CheckedCheckpoint =
  | { readonly ok: true; readonly value: Checkpoint }
  | { readonly ok: false; readonly fault: CheckpointFault }

const originPattern = /^farmops\/checkpoint\/v1\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const sizePattern = /^(?:0|[1-9][0-9]{0,15})$/
const previousMark = "previous "
const utf8 = new TextEncoder()

/** The name of a farm's ledger, which is also the name of the key that signs for it. `farmId` is a lowercase UUID. */
export const checkpointOrigin = (farmId: string): string => `farmops/checkpoint/v1/${farmId}`

const fault = (code: CheckpointFaultCode, detail: string): CheckpointFault => ({ code, detail })

const refuse = (code: CheckpointFaultCode, detail: string): CheckedCheckpoint => ({
  ok: false,
  fault: fault(code, detail)
})

/** A count as notes and exported proofs spell it: decimal, no leading zero, at most 2^53 − 1; otherwise `null`. */
export const parseCount = (text: string): number | null =>
  sizePattern.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null

/** One tree hash as base64; `null` for another length or spelling. */
export const parseHash = (text: string): Uint8Array | null => {
  const bytes = decodeBase64(text)
  return bytes !== null && bytes.length === hashBytes ? bytes : null
}

/** The size that a note claims, signed or not: for finding the key that must have signed it, and for nothing else. */
export const claimedSize = (note: string): number | null => parseCount(note.split("\n", 2)[1] ?? "")

/**
 * Signs the ledger as it stands, as the text of a note. Whoever calls must first have made sure that the ledger continues
 * the one under `previous`: a tracker that signs two ledgers convicts itself. A body that says nothing sensible is a bug and throws.
 */
export const signCheckpoint = (
  key: { readonly publicKey: string; readonly sign: (message: Uint8Array) => string },
  { origin, previous, root, size }: CheckpointBody
): string => {
  const areHashes = [root, previous ?? root].every(({ length }) => length === hashBytes)
  if (!originPattern.test(origin) || parseCount(String(size)) === null || !areHashes) {
    throw new RangeError("a checkpoint needs the origin of a farm, a size, and hashes of 32 bytes")
  }
  const extension = previous === null ? "" : `${previousMark}${encodeBase64(previous)}\n`
  return signNote(key, origin, `${origin}\n${size}\n${encodeBase64(root)}\n${extension}`)
}

const parseBody = (text: string, sha256: VerifyBackend["sha256"]): CheckedCheckpoint => {
  const [origin = "", sizeText = "", rootText = "", ...extensions] = text.slice(0, -1).split("\n")
  const size = parseCount(sizeText)
  if (size === null) return refuse("bad_size", "the second line must be the number of lines in the ledger")
  const root = parseHash(rootText)
  if (root === null || (size === 0 && encodeBase64(emptyRoot(sha256)) !== rootText)) {
    return refuse("bad_root", "the third line must be the root of a tree of that size")
  }
  const [extension] = extensions
  const previous = extension?.startsWith(previousMark) === true ? parseHash(extension.slice(previousMark.length)) : null
  if (extensions.length > 1 || (extension !== undefined && previous === null)) {
    return refuse("bad_extension", "after the root there may be one line, which names the checkpoint before")
  }
  return { ok: true, value: { origin, size, root, previous, hash: sha256(utf8.encode(text)) } }
}

/**
 * Whether the key signed this checkpoint of this ledger. `publicKey`, in hex, is the tracker's, learned apart from the note.
 * With `origin` null any farm's ledger will do: the caller must look at the origin in the result.
 */
export const verifyCheckpoint = (
  note: string,
  { origin, publicKey }: { readonly origin: string | null; readonly publicKey: string },
  backend: VerifyBackend
): CheckedCheckpoint => {
  if (publicKeyBytes(publicKey) === null) {
    return refuse("bad_key", "the public key must be 64 lowercase hex digits of a key that is not of small order")
  }
  // Untrusted: handed on by anybody.
  const parsed = parseNote(note)
  if (parsed === null) return refuse("bad_note", "must be a signed note")
  const name = parsed.text.slice(0, parsed.text.indexOf("\n"))
  if (!originPattern.test(name) || (origin !== null && name !== origin)) {
    return refuse("wrong_origin", "the first line must name the ledger that is asked for")
  }
  const verdict = verifyNote(parsed, { name, publicKey }, backend)
  if (verdict === "unsigned") return refuse("unsigned", "has no signature of this key")
  if (verdict === "bad_signature")
    return refuse("bad_signature", "has a signature in this key's name that is not its own")
  return parseBody(parsed.text, backend.sha256)
}

/**
 * Whether a checkpoint is the one signed next after `before`, `null` when it is. Looks at the two texts alone: that the
 * larger ledger continues the smaller is for `verifyConsistency` to show, with the roots of both.
 */
export const followsCheckpoint = (before: Checkpoint | null, next: Checkpoint): CheckpointFault | null => {
  const encode = (bytes: Uint8Array | null | undefined) => encodeBase64(bytes ?? new Uint8Array(0))
  if (before !== null && next.origin !== before.origin) {
    return fault("wrong_origin", "must be of the same ledger as the checkpoint before it")
  }
  if (encode(next.previous) !== encode(before?.hash)) {
    return fault("wrong_previous", "must name the checkpoint before it, and the first none")
  }
  if (before === null || next.size > before.size) return null
  if (next.size < before.size) return fault("smaller_size", "must not have fewer lines than the checkpoint before it")
  return encode(next.root) === encode(before.root) ? null : fault("other_root", "must have the root of its size")
}
