/** Reads a chain line by line, and what begins like no file of ours as if it were one, to say what its first line lacks. */
import { parseProof } from "../../parseProof.ts"
import { type ProofFault, recordBytesMax, refuse } from "../../proofForm.ts"
import type { VerifyBackend } from "../../strictEd25519.ts"
import { type ChainAnchor, makeChainVerifier, verifyInChain } from "../../verify.ts"
import { badChain, goodChain, goodProof } from "./chainWords.ts"
import { type FileVerdict, type KindReader, notOurs } from "./fileVerdict.ts"
import { makeLineSplitter } from "./splitLines.ts"

// One more than a record may have, so that a line which is too long is refused as that.
const lineBytesMax = recordBytesMax + 1

/** For a chain, or one proof alone. Remembers each `proof_id`: at most 64 bytes a proof. */
export const readChain = (anchor: ChainAnchor, backend: VerifyBackend): KindReader => {
  const lines = makeLineSplitter(lineBytesMax)
  const chain = makeChainVerifier(anchor, backend)
  // A first line that is out of place begins no chain, but it may be one proof alone.
  let alone: { readonly line: Uint8Array; readonly fault: ProofFault } | null = null
  const walk = () => ({ count: chain.count(), head: chain.head(), epochs: chain.epochs() })
  const fail = (line: Uint8Array, fault: ProofFault) => badChain(walk(), fault, line, anchor.recoveryKey !== null)
  const accept = (line: Uint8Array): FileVerdict | null => {
    if (alone !== null) return fail(alone.line, alone.fault)
    const fault = chain.accept(line)
    if (fault === null) return null
    if (fault.code !== "wrong_sequence" || chain.count() > 0) return fail(line, fault)
    alone = { line: line.slice(), fault }
    return null
  }
  const finish = (): FileVerdict => {
    const rest = lines.rest()
    const verdict = rest === null ? null : accept(rest)
    if (verdict !== null) return verdict
    if (alone === null) return goodChain(walk())
    const checked = verifyInChain(alone.line, anchor, backend)
    return checked.ok ? goodProof(checked.value) : fail(alone.line, checked.fault)
  }
  const push = (piece: Uint8Array): FileVerdict | null => {
    for (const line of lines.push(piece)) {
      const verdict = accept(line)
      if (verdict !== null) return verdict
    }
    return null
  }
  return { push, finish, count: chain.count }
}

/** For a file that begins like nothing of ours: the fault of its first line. */
export const readStranger = (): KindReader => {
  const lines = makeLineSplitter(lineBytesMax)
  const judge = (line: Uint8Array): FileVerdict => {
    const parsed = parseProof(line)
    // Every proof begins like a chain, so this is none; the second fault is never met.
    return notOurs(parsed.ok ? refuse("not_canonical", null, "must begin with its action").fault : parsed.fault)
  }
  return {
    push: (piece) => {
      const [line] = lines.push(piece)
      return line === undefined ? null : judge(line)
    },
    finish: () => judge(lines.rest() ?? new Uint8Array(0)),
    count: () => 0
  }
}
