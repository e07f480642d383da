/** Exported proofs written by hand from docs/protocol/checkpoints-v1.md, so that one may be wrong in any way. */
import { base64, noteOf, origin, textOf } from "../checkpoint/sampleNotes.ts"
import { inclusionOf, leafOf, rootOf } from "../merkle/sampleTree.ts"
import { chain, rotating, signed } from "../proof/sampleProofs.ts"

const turn = signed(rotating(chain(10).at(-1)?.record ?? {})).text

/** A ledger holds other lines beside proofs. */
export const ledger: ReadonlyArray<string> = [
  '{"body":{"kind":"agent_approved"},"prev_hash":null}',
  ...chain(9).map(({ text }) => text),
  turn,
  "not JSON at all",
  ""
]

/** The record that most vectors hold, and where it is. */
export const place = 4

/** The lines of a file above its empty line, each without its line feed, and the checkpoint below. */
export interface Parts {
  readonly header: string
  readonly extra: string
  readonly index: string
  readonly hashes: ReadonlyArray<string>
  readonly checkpoint: string
}

/** The line that carries the record. */
export const extraOf = (line: string): string => `extra ${base64(Buffer.from(line, "utf8"))}`

/** The text of a checkpoint over `size` lines with this root. */
export const bodyOf = (size: number, root: Uint8Array, name = origin): string =>
  textOf(name, String(size), base64(root))

/** What is in the file for the line at `index`, under a checkpoint of so many lines. */
export const partsOf = (index: number, size: number = ledger.length, lines: ReadonlyArray<string> = ledger): Parts => {
  const leafAt = (at: number) => leafOf(lines[at] ?? `line ${at}`)
  const { proof, root } = inclusionOf(index, size, leafAt)
  return {
    header: "c2sp.org/tlog-proof@v1",
    extra: extraOf(lines[index] ?? ""),
    index: `index ${index}`,
    hashes: proof.map(base64),
    checkpoint: noteOf(bodyOf(size, root))
  }
}

/** The same for a line that is the whole ledger. */
export const partsOfOne = (line: string): Parts => partsOf(0, 1, [line])

/** The file. */
export const fileOf = ({ checkpoint, extra, hashes, header, index }: Parts): string =>
  `${textOf(header, extra, index, ...hashes)}\n${checkpoint}`

/** The root over the first lines of the ledger. */
export const ledgerRoot = (size: number): Uint8Array => rootOf(size, (at) => leafOf(ledger[at] ?? ""))
