/**
 * Tells what a file is and checks it: a chain as `proof export` writes it, one proof, evidence of a fork, a proof bundle or an archive. Pure
 * functions over bytes with no dependency but a {@link VerifyBackend}: the command line and a browser run the same lines, on
 * a file that need not fit in memory.
 */
import { archiveBeginning } from "./archiveHeader.ts"
import { forkFormat } from "./forkEvidence.ts"
import {
  badKey,
  emptyFile,
  type FileKind,
  type FileVerdict,
  type KeyName,
  type KindReader,
  keyNeeded,
  readNothing
} from "./internal/file/fileVerdict.ts"
import { readArchive } from "./internal/file/readArchive.ts"
import { readBundle } from "./internal/file/readBundle.ts"
import { readChain, readStranger } from "./internal/file/readChain.ts"
import { readFork } from "./internal/file/readFork.ts"
import { publicKeyBytes } from "./internal/publicKey.ts"
import type { VerifyBackend } from "./strictEd25519.ts"
import type { TrackerKeyRow } from "./trackerRotation.ts"

export {
  type FileFault,
  type FileKind,
  type FileVerdict,
  type KeyName,
  verdictJson
} from "./internal/file/fileVerdict.ts"

/** Public keys as lowercase hex, each learned apart from the file; `null` for one that is not known. Which are needed depends on the file. */
export interface FileKeys {
  /** The key that was enrolled for the agent: in force at the chain's first proof. */
  readonly publicKey: string | null
  readonly recoveryKey: string | null
  readonly trackerKey: string | null
  /** All keys of the tracker, by `followTrackerKeys`, where they are known: else `trackerKey` is its only one, as far as no file says more. */
  readonly trackerKeys?: TrackerKeyRow
}

/** Checks one file as its bytes come. */
export interface FileVerifier {
  /** Takes the next bytes. `false` once the verdict stands: what follows need not be read. */
  readonly push: (piece: Uint8Array) => boolean
  /** After the last byte, or at any time after `push` answered `false`. */
  readonly finish: () => FileVerdict
  /** The number of good proofs so far, to show progress. */
  readonly count: () => number
}

/** How each kind begins. The keys of a canonical record are sorted, so a proof begins with its action. */
const beginnings: ReadonlyArray<readonly [FileKind, string]> = [
  ["chain", '{"action":'],
  ["fork", `{"format":"${forkFormat}"`],
  ["bundle", "c2sp.org/tlog-proof@v1\n"],
  ["archive", archiveBeginning]
]

const beginningBytesMax = Math.max(...beginnings.map(([, text]) => text.length))

const kindOf = (start: Uint8Array): FileKind | null => {
  const text = String.fromCharCode(...start)
  return beginnings.find(([, beginning]) => text.startsWith(beginning))?.[0] ?? null
}

const badKeyOf = (keys: FileKeys): KeyName | null => {
  const isBad = (hex: string | null) => hex !== null && publicKeyBytes(hex) === null
  if (isBad(keys.publicKey)) return "public_key"
  if (isBad(keys.recoveryKey)) return "recovery_key"
  return isBad(keys.trackerKey) ? "tracker_key" : null
}

const readerOf = (kind: FileKind | null, keys: FileKeys, backend: VerifyBackend): KindReader => {
  const { publicKey, recoveryKey, trackerKey } = keys
  const known = keys.trackerKeys === undefined ? {} : { keys: keys.trackerKeys }
  switch (kind) {
    case null:
      return readStranger()
    case "fork":
      return readFork(publicKey, backend)
    case "bundle":
      return trackerKey === null
        ? readNothing(keyNeeded(kind, "tracker_key"))
        : readBundle({ trackerKey, ...known, publicKey, recoveryKey }, backend)
    case "archive":
      return trackerKey === null
        ? readNothing(keyNeeded(kind, "tracker_key"))
        : readArchive({ trackerKey, ...known }, backend)
    default:
      return publicKey === null
        ? readNothing(keyNeeded("chain", "public_key"))
        : readChain({ publicKey, recoveryKey }, backend)
  }
}

/** Checks a file of any size in the order of its bytes. Of a chain it remembers each `proof_id`: at most 64 bytes a proof. */
export const makeFileVerifier = (keys: FileKeys, backend: VerifyBackend): FileVerifier => {
  const unusable = badKeyOf(keys)
  let reader: KindReader | null = unusable === null ? null : readNothing(badKey(unusable))
  let verdict: FileVerdict | null = null
  let start = new Uint8Array(0)
  /** Holds the first bytes back until they tell the kind. */
  const open = (piece: Uint8Array, isLast: boolean): KindReader | null => {
    const joined = new Uint8Array(start.length + piece.length)
    joined.set(start)
    joined.set(piece, start.length)
    start = joined
    if (start.length < beginningBytesMax && !isLast) return null
    const opened =
      start.length === 0
        ? readNothing(emptyFile)
        : readerOf(kindOf(start.subarray(0, beginningBytesMax)), keys, backend)
    verdict = opened.push(start)
    return opened
  }
  const push = (piece: Uint8Array): boolean => {
    if (verdict !== null) return false
    if (reader === null) reader = open(piece, false)
    else verdict = reader.push(piece)
    return verdict === null
  }
  const finish = (): FileVerdict => {
    reader ??= open(new Uint8Array(0), true)
    verdict ??= reader?.finish() ?? null
    if (verdict === null) throw new Error("a file whose kind is known has a verdict at its end")
    return verdict
  }
  return { push, finish, count: () => reader?.count() ?? 0 }
}

/** {@link makeFileVerifier} over bytes that are at hand. */
export const verifyFile = (bytes: Uint8Array, keys: FileKeys, backend: VerifyBackend): FileVerdict => {
  const verifier = makeFileVerifier(keys, backend)
  verifier.push(bytes)
  return verifier.finish()
}
