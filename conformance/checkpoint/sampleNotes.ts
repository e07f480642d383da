/** Notes to sign, break and stack, written by hand from docs/protocol/checkpoints-v1.md, so that one may be wrong in any way. */
import { rootOf, sha256 } from "../merkle/sampleTree.ts"
import { sampleKey } from "../proof/sampleKeys.ts"

type Key = ReturnType<typeof sampleKey>

export const tracker = sampleKey("tracker")
export const witness = sampleKey("witness")
export const stranger = sampleKey("stranger")

export const origin = "farmops/checkpoint/v1/019400d5-8b0a-7c3e-9f21-0123456789ab"
export const otherOrigin = "farmops/checkpoint/v1/019400d5-8b0a-7c3e-9f21-0123456789ac"

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

/** What a checkpoint's root is spelled as when the ledger is `line 0`, `line 1`, … */
export const rootText = (size: number): string => base64(rootOf(size))

/** Lines, each with its line feed. */
export const textOf = (...lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** The text of a checkpoint over the sample ledger; `previous` is the text of the one before. */
export const checkpointText = (size: number, previous: string | null = null, name = origin): string =>
  textOf(name, String(size), rootText(size), ...(previous === null ? [] : [`previous ${hashText(previous)}`]))

/** The hash of a checkpoint's text, as the next one names it. */
export const hashText = (text: string): string => base64(sha256(text))

/** The four bytes by which notes know this key under this name. Type 1 is Ed25519. */
export const keyId = (name: string, key: Key, type = 1): Buffer =>
  sha256(`${name}\n`, Uint8Array.of(type), Buffer.from(key.publicKey, "hex")).subarray(0, 4)

/** A signature line, whatever is in it. */
export const lineOf = (name: string, id: Uint8Array, signature: Uint8Array): string =>
  `\u2014 ${name} ${base64(Buffer.concat([id, signature]))}\n`

/** The signature of `key` over `signed`, as a line under `name`. */
export const signatureLine = (signed: string, name = origin, key = tracker): string =>
  lineOf(name, keyId(name, key), Buffer.from(key.sign(signed), "hex"))

/** A text, an empty line and these signature lines: those of the tracker when none are given. */
export const noteOf = (text: string, ...lines: ReadonlyArray<string>): string =>
  `${text}\n${lines.length === 0 ? signatureLine(text) : lines.join("")}`

/** A signature line of exactly so many bytes, of a key that nobody knows. */
export const fillerLine = (bytes: number): string => {
  const rest = lineOf("", Buffer.alloc(4, 7), Buffer.alloc(2424, 7))
  return lineOf("w".repeat(bytes - Buffer.byteLength(rest)), Buffer.alloc(4, 7), Buffer.alloc(2424, 7))
}
