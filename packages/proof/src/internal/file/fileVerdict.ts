/** What is said of a file that was checked: facts for a program and plain sentences for a person, the same in a terminal and on a page. */
import type { ChainHead, KeyEpoch, ProofFault } from "../../verify.ts"

/** What a file can be. It is told by how its bytes begin, never by its name. */
export type FileKind = "chain" | "proof" | "fork" | "bundle" | "archive"

/** The keys that somebody may give, each learned apart from the file. */
export type KeyName = "public_key" | "recovery_key" | "tracker_key"

/** The first thing that does not hold. */
export interface FileFault {
  /**
   * A code of the protocol, or one of the file's own: `key_needed` when a key must be given first, `bad_key` when a given key
   * is none; both then name it in `path`. `empty_file` when there is nothing to check.
   */
  readonly code: string
  /** Counted from 1; `null` where a line cannot be blamed. */
  readonly line: number | null
  readonly path: string | null
  readonly detail: string
  /** What it most likely means, as a sentence; `null` where `detail` says all. */
  readonly advice: string | null
}

/** The verdict on one file. It holds when `fault` is `null`. */
export interface FileVerdict {
  /** `null` when the bytes begin like nothing that FarmOps makes. */
  readonly kind: FileKind | null
  readonly fault: FileFault | null
  /** The number of good proofs: all of them, or those before the fault. */
  readonly proofs: number
  /** The last good proof. */
  readonly head: ChainHead | null
  /** Of a chain: who signed from which sequence on. */
  readonly epochs: ReadonlyArray<KeyEpoch>
  /** The verdict in a sentence or two. */
  readonly summary: string
  readonly checked: ReadonlyArray<string>
  readonly shows: ReadonlyArray<string>
  readonly doesNotShow: ReadonlyArray<string>
}

/** A verdict as JSON, with the wire's names: what `farmops proof verify --json` prints. */
export const verdictJson = (verdict: FileVerdict): Readonly<Record<string, unknown>> => {
  const { checked, doesNotShow, epochs, fault, head, kind, proofs, shows, summary } = verdict
  return {
    ok: fault === null,
    kind,
    proofs,
    head: head?.hash ?? null,
    ...(fault === null ? {} : { line: fault.line, code: fault.code, path: fault.path, detail: fault.detail }),
    epochs: epochs.map(({ firstSequence, publicKey }) => ({ first_sequence: firstSequence, public_key: publicKey })),
    summary,
    checked,
    shows,
    does_not_show: doesNotShow
  }
}

/** Reads the rest of a file once its kind is known. A verdict before the end stops the reading. */
export interface KindReader {
  readonly push: (piece: Uint8Array) => FileVerdict | null
  readonly finish: () => FileVerdict
  /** The number of good proofs so far. */
  readonly count: () => number
}

/** For a file of which nothing needs to be read. */
export const readNothing = (verdict: FileVerdict): KindReader => ({
  push: () => verdict,
  finish: () => verdict,
  count: () => 0
})

const nothing = { proofs: 0, head: null, epochs: [], checked: [], shows: [], doesNotShow: [] } as const

/** One thing and several: `1 proof`, `2 proofs`. */
export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

const keyWords: Readonly<Record<KeyName, string>> = {
  public_key: "the agent's public key",
  recovery_key: "the agent's recovery key",
  tracker_key: "the tracker's public key"
}

const kindWords: Readonly<Record<FileKind, string>> = {
  chain: "a chain of proofs",
  proof: "one proof",
  fork: "evidence of a fork",
  bundle: "a proof bundle",
  archive: "an archive"
}

/** Nothing was checked, because a key must be given first. */
export const keyNeeded = (kind: FileKind, key: KeyName): FileVerdict => {
  const detail = `checking ${kindWords[kind]} needs ${keyWords[key]}`
  const summary = `This file is ${kindWords[kind]}. Checking it needs ${keyWords[key]}, learned apart from the file.`
  return { ...nothing, kind, fault: { code: "key_needed", line: null, path: key, detail, advice: null }, summary }
}

/** Nothing was checked, because a given key is none. */
export const badKey = (key: KeyName): FileVerdict => {
  const detail = `${keyWords[key]} must be 64 lowercase hex digits of a key that is not of small order`
  return {
    ...nothing,
    kind: null,
    fault: { code: "bad_key", line: null, path: key, detail, advice: null },
    summary: `Nothing was checked: ${detail}.`
  }
}

/** Nothing was checked, because there is nothing: a chain of no proofs shows nothing either. */
export const emptyFile: FileVerdict = {
  ...nothing,
  kind: null,
  fault: {
    code: "empty_file",
    line: null,
    path: null,
    detail: "the file is empty",
    advice: "An agent without proofs has nothing to check; else the file was not written to its end."
  },
  summary: "Nothing was checked: the file is empty."
}

/** The file begins like nothing that FarmOps makes; `fault` is that of its first line, read as a proof. */
export const notOurs = (fault: ProofFault): FileVerdict => ({
  ...nothing,
  kind: null,
  fault: { ...fault, line: 1, advice: "No file that FarmOps makes begins like this one." },
  summary: "This is no file that FarmOps makes, or its beginning was changed: its first line is not a proof.",
  checked: ["The first line was read as a proof, which is how a chain begins."]
})
