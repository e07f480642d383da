/** The form of a checkpoint vector, and what its makers have in common. */
import type { Vector } from "../vectorFiles.ts"
import { hashText, origin, tracker } from "./sampleNotes.ts"

/** One vector: a note, and where its place after another is asked for, that other note. */
export interface CheckpointVector extends Vector {
  readonly note: string
  /** The ledger that is asked for; null takes any. */
  readonly origin: string | null
  readonly public_key: string
  /** The note that it should follow; null when it should be its ledger's first; absent when nobody asks. */
  readonly before?: string | null
  /** Of a valid one: the lines in the ledger, and the hash of the text in base64. */
  readonly size?: number
  readonly hash?: string
}

/** What is asked of a note, where it is not the usual. */
export type Asked = Partial<Pick<CheckpointVector, "origin" | "public_key" | "before">>

const usual = { origin, public_key: tracker.publicKey }

export const refused = (name: string, code: string, note: string, asked: Asked = {}): CheckpointVector => ({
  name,
  note,
  ...usual,
  ...asked,
  code
})

/** The last empty line ends the text, and the second line says the size. */
export const accepted = (name: string, note: string, asked: Asked = {}): CheckpointVector => {
  const text = note.slice(0, note.lastIndexOf("\n\n") + 1)
  return { name, note, ...usual, ...asked, code: null, size: Number(text.split("\n")[1]), hash: hashText(text) }
}
