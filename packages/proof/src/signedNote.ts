/**
 * Text signed by one or more keys, in the format of c2sp.org/signed-note: a text that ends with a newline, an empty line,
 * then a line for each signature. Only Ed25519 (type 0x01) is known here; signatures of other keys are carried along.
 */
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js"
import { concatBytes } from "@noble/hashes/utils.js"
import { decodeBase64, encodeBase64 } from "./base64.ts"
import { decodeHex, encodeHex } from "./hex.ts"
import { publicKeyBytes } from "./internal/publicKey.ts"
import type { Sha256 } from "./merkleHash.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

/** A longer note, in UTF-8 bytes, is refused before it is split: room for a checkpoint and sixteen witnesses of any kind. */
export const noteBytesMax = 65_536

/** A note with more signatures is refused: the format asks for at least 16, and each costs a comparison. */
export const noteSignaturesMax = 64

/** A key as notes know it: the name is part of its identity. */
export interface NoteKey {
  /** Not empty, without white space and `+`. */
  readonly name: string
  /** 64 lowercase hex digits. */
  readonly publicKey: string
}

/** One signature line, as it is written. Nobody has looked at the signature yet. */
export interface NoteSignature {
  readonly name: string
  /** Four bytes that tell the keys of one name apart; not enough to trust a key by. */
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

/** A note that has the form of one. Ignore the text until {@link verifyNote} says `signed`. */
export interface UnverifiedNote {
  /** What is signed, the last newline included. */
  readonly text: string
  readonly signatures: ReadonlyArray<NoteSignature>
}

/** `signed`; or `unsigned` when no signature claims to be this key's; or `bad_signature` when one does and is not. */
export type NoteVerdict = "signed" | "unsigned" | "bad_signature"

const utf8 = new TextEncoder()
const typeEd25519 = 0x01
const keyIdBytes = 4
// Em dash and space.
const signatureMark = "\u2014 "

const hasControl = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 0x20 && text[at] !== "\n") return true
  return false
}

const isKeyName = (name: string): boolean =>
  name !== "" && name.isWellFormed() && !/[\p{White_Space}+]/u.test(name) && !hasControl(name)

const typedKey = (publicKey: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(typeEd25519), publicKey)

const keyIdOf = (name: string, publicKey: Uint8Array, sha256: Sha256): Uint8Array =>
  sha256(concatBytes(utf8.encode(`${name}\n`), typedKey(publicKey))).subarray(0, keyIdBytes)

const parseSignature = (line: string): NoteSignature | null => {
  const [name = "", encoded = "", ...more] = line.slice(signatureMark.length).split(" ")
  if (!line.startsWith(signatureMark) || !isKeyName(name) || more.length > 0) return null
  const bytes = decodeBase64(encoded)
  if (bytes === null || bytes.length <= keyIdBytes) return null
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) }
}

/** Reads a note whole: `null` unless its size, its characters and each of its signature lines are as they must be. */
export const parseNote = (note: string): UnverifiedNote | null => {
  // Untrusted: anybody can write a note. A UTF-16 unit is at least one byte of UTF-8.
  if (note.length > noteBytesMax || !note.isWellFormed() || utf8.encode(note).length > noteBytesMax) return null
  if (hasControl(note) || !note.endsWith("\n")) return null
  const split = note.lastIndexOf("\n\n")
  if (split < 0) return null
  const lines = note.slice(split + 2, -1).split("\n")
  if (lines.length > noteSignaturesMax) return null
  const signatures: Array<NoteSignature> = []
  for (const line of lines) {
    const signature = parseSignature(line)
    if (signature === null) return null
    signatures.push(signature)
  }
  return { text: note.slice(0, split + 1), signatures }
}

/** Whether this key signed this note. One bad signature in its name is enough to refuse; those of other keys are ignored. */
export const verifyNote = (note: UnverifiedNote, key: NoteKey, backend: VerifyBackend): NoteVerdict => {
  const publicKey = publicKeyBytes(key.publicKey)
  if (publicKey === null) return "unsigned"
  const keyId = encodeHex(keyIdOf(key.name, publicKey, backend.sha256))
  const claimed = note.signatures.filter((one) => one.name === key.name && encodeHex(one.keyId) === keyId)
  if (claimed.length === 0) return "unsigned"
  const message = utf8.encode(note.text)
  return claimed.every(({ signature }) => backend.verify(signature, message, publicKey)) ? "signed" : "bad_signature"
}

/**
 * The text as a note with one signature. A name or a text that no note can have is a bug and throws. Anything that the key
 * signs elsewhere must begin otherwise than `text`, since a note's signature covers the text and nothing else.
 */
export const signNote = (
  key: { readonly publicKey: string; readonly sign: (message: Uint8Array) => string },
  name: string,
  text: string
): string => {
  const publicKey = publicKeyBytes(key.publicKey)
  const signature = decodeHex(key.sign(utf8.encode(text)))
  if (publicKey === null || signature === null) throw new RangeError("the key must be an Ed25519 key in hex")
  const encoded = encodeBase64(concatBytes(keyIdOf(name, publicKey, nobleSha256), signature))
  const note = `${text}\n${signatureMark}${name} ${encoded}\n`
  if (!text.endsWith("\n") || parseNote(note)?.text !== text) throw new RangeError("not a text that a note can have")
  return note
}

/** The key in the spelling that other tools of C2SP take (`vkey`): name, key id and typed key, joined by `+`. */
export const formatVerifierKey = (key: NoteKey): string => {
  const publicKey = publicKeyBytes(key.publicKey)
  if (publicKey === null || !isKeyName(key.name)) throw new RangeError("the key must have a name and be in hex")
  const keyId = encodeHex(keyIdOf(key.name, publicKey, nobleSha256))
  return `${key.name}+${keyId}+${encodeBase64(typedKey(publicKey))}`
}

/** Reads a {@link formatVerifierKey} text; `null` for another type of key, a key id that is not the key's, or any other spelling. */
export const parseVerifierKey = (text: string): NoteKey | null => {
  const [name = "", , ...encoded] = text.split("+")
  // Base64 has a plus sign of its own.
  const bytes = decodeBase64(encoded.join("+"))
  if (bytes === null || !isKeyName(name)) return null
  const key: NoteKey = { name, publicKey: encodeHex(bytes.subarray(1)) }
  return publicKeyBytes(key.publicKey) !== null && formatVerifierKey(key) === text ? key : null
}
