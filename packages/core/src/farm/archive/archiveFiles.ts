/** Archive files on disk: written whole, never over another, and read back before anything relies on them. */
import { createHash } from "node:crypto"
import { dirname } from "node:path"
import { type ArchiveTrust, makeArchiveVerifier, type VerifiedArchive } from "@farmops/proof/archiveFile"
import type { VerifyBackend } from "@farmops/proof/strictEd25519"
import { Effect, FileSystem, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { rowsAfter } from "../audit/ledgerRows.ts"
import { ArchiveFileUnusable, ArchiveInvalid, ArchiveRefused } from "./archiveErrors.ts"

const utf8 = new TextEncoder()

const unusable = (path: string) => (error: PlatformError) =>
  Effect.fail(new ArchiveFileUnusable({ path, reason: `cannot be written or read (${error.reason._tag})` }))

const syncFolder = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.open(path, { flag: "r" })
  yield* folder.sync
}, Effect.scoped)

const writeDraft = Effect.fnUntraced(function* (draft: string, firstLine: string, from: number, to: number) {
  const fs = yield* FileSystem.FileSystem
  const hash = createHash("sha256")
  const file = yield* fs.open(draft, { flag: "w", mode: 0o600 })
  const write = (lines: ReadonlyArray<string>) => {
    const bytes = utf8.encode(lines.map((line) => `${line}\n`).join(""))
    hash.update(bytes)
    return file.writeAll(bytes)
  }
  yield* write([firstLine])
  for (let next = from; next < to; ) {
    const lines: Array<string> = []
    for (const { line, position } of yield* rowsAfter(next - 1)) {
      if (position >= to) break
      if (line === null || position !== next + lines.length)
        return yield* new ArchiveRefused({ reason: "file_invalid" })
      lines.push(line)
    }
    if (lines.length === 0) return yield* new ArchiveRefused({ reason: "file_invalid" })
    yield* write(lines)
    next += lines.length
  }
  yield* file.sync
  return hash.digest("hex")
}, Effect.scoped)

/** Writes the lines from `from` to before `to` after the header, on disk before it takes its name. Answers with the file's SHA-256. */
export const writeArchiveFile = Effect.fnUntraced(
  function* (path: string, firstLine: string, from: number, to: number) {
    const fs = yield* FileSystem.FileSystem
    if (yield* fs.exists(path)) {
      return yield* new ArchiveFileUnusable({ path, reason: "is there already and is not written over" })
    }
    const draft = `${path}.part`
    const sha256 = yield* writeDraft(draft, firstLine, from, to).pipe(
      Effect.tap(() => fs.rename(draft, path)),
      Effect.onError(() => Effect.ignore(fs.remove(draft, { force: true })))
    )
    yield* syncFolder(dirname(path))
    return sha256
  },
  (effect, path) => Effect.catchTag(effect, "PlatformError", unusable(path))
)

/** What was read of a file that holds. */
export interface ReadArchive extends VerifiedArchive {
  readonly sha256: string
}

/** Reads the whole file and verifies it as a stranger would. */
export const readArchiveFile = Effect.fnUntraced(
  function* (path: string, trust: ArchiveTrust, backend: VerifyBackend) {
    const fs = yield* FileSystem.FileSystem
    // A pipe could keep its reader waiting for ever.
    if ((yield* fs.stat(path)).type !== "File") return yield* new ArchiveFileUnusable({ path, reason: "is no file" })
    const hash = createHash("sha256")
    const verifier = makeArchiveVerifier(trust, backend)
    yield* Stream.runForEachWhile(fs.stream(path), (piece) =>
      Effect.sync(() => {
        hash.update(piece)
        return verifier.push(piece)
      })
    )
    const verdict = verifier.finish()
    if (!verdict.ok) {
      const { code, detail, line } = verdict.fault
      return yield* new ArchiveInvalid({ code, line, detail })
    }
    const read: ReadArchive = { ...verdict.value, sha256: hash.digest("hex") }
    return read
  },
  (effect, path) => Effect.catchTag(effect, "PlatformError", unusable(path))
)
