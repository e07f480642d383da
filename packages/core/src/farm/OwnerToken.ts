/**
 * The secret that makes somebody the farm's owner over HTTP: 32 random bytes, made at the first start. The database keeps its
 * SHA-256 only, so a stolen database opens nothing. The file in which it is handed over, of mode 0600, may be taken away.
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { encodeHex } from "@farmops/proof/hex"
import { Context, Effect, FileSystem, Layer, Redacted, Runtime, Schema } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import { exitCodes } from "../host/exitCodes.ts"
import { readSetting, writeSetting } from "./LedgerSettings.ts"
import { LedgerUnavailable } from "./LedgerUnavailable.ts"

/** The token cannot be read, written or used. `reason` says what to do. */
export class OwnerTokenUnusable extends Schema.TaggedError<OwnerTokenUnusable>()("OwnerTokenUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `owner token ${this.path}: ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.noPermission
}

/** Shorter tokens could be guessed; ours have 64 characters. */
export const ownerTokenLengthMin = 32

/** The token was set from outside, so that the next start would undo a rotation. */
export class OwnerTokenChosen extends Schema.TaggedError<OwnerTokenChosen>()("OwnerTokenChosen", {}) {
  override get message() {
    return "the owner's token is set by FARMOPS_OWNER_TOKEN; set another one there and start again"
  }
}

/** How a tracker comes by its owner's token. */
export interface OwnerTokenOptions {
  readonly directory: string
  /** Wins over the file. */
  readonly chosen: Redacted.Redacted<string> | null
  /** Whether this process acts as the owner itself, so that the hash alone will not do. */
  readonly needed?: boolean | undefined
}

/** Says whether a credential is the owner's. */
export class OwnerToken extends Context.Service<
  OwnerToken,
  {
    /** As this start found or made it; null where the hash alone is known. */
    readonly token: Redacted.Redacted<string> | null
    /** Whether this start made it: then it is to be shown, this once. */
    readonly isNew: boolean
    /** Compares hashes in constant time, so neither a prefix nor the length shows. */
    readonly matches: (credential: Redacted.Redacted<string>) => boolean
    /** A fresh token in the place of this one, which opens nothing from then on. Answered once. */
    readonly rotate: Effect.Effect<Redacted.Redacted<string>, OwnerTokenChosen | OwnerTokenUnusable | LedgerUnavailable>
  }
>()("@farmops/core/farm/OwnerToken") {
  /** Without a chosen token or a file one is made, once. Needs the tables of `ledgerMigrations`. */
  static readonly layer = (
    options: OwnerTokenOptions
  ): Layer.Layer<OwnerToken, OwnerTokenUnusable | LedgerUnavailable, FileSystem.FileSystem | SqlClient.SqlClient> =>
    Layer.effect(this, make(options))
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest()

const readToken = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const file = yield* fs.open(path, { flag: "r" })
      const info = yield* file.stat
      if ((info.mode & 0o077) !== 0) {
        return yield* new OwnerTokenUnusable({ path, reason: `may be read by others; run: chmod 600 ${path}` })
      }
      const bytes = new Uint8Array(256)
      const read = Number(yield* file.read(bytes))
      return new TextDecoder().decode(bytes.subarray(0, read)).trim()
    })
  ).pipe(
    Effect.catchTag("PlatformError", (error) =>
      error.reason._tag === "NotFound"
        ? Effect.succeed(null)
        : Effect.fail(new OwnerTokenUnusable({ path, reason: `cannot be read (${error.reason._tag})` }))
    )
  )
})

/** Written whole or not at all: a private draft, flushed, then renamed. */
const writeToken = Effect.fnUntraced(
  function* (path: string, token: string) {
    const fs = yield* FileSystem.FileSystem
    const draft = `${path}.new`
    yield* fs.remove(draft, { force: true })
    yield* Effect.scoped(
      Effect.gen(function* () {
        const file = yield* fs.open(draft, { flag: "wx", mode: 0o600 })
        yield* file.writeAll(new TextEncoder().encode(`${token}\n`))
        yield* file.sync
      })
    )
    yield* fs.rename(draft, path)
  },
  (effect, path) =>
    Effect.catchTag(effect, "PlatformError", (error) =>
      Effect.fail(new OwnerTokenUnusable({ path, reason: `cannot be written (${error.reason._tag})` }))
    )
)

const orUnavailable = <A, E, R>(effect: Effect.Effect<A, E | SqlError.SqlError, R>) =>
  Effect.mapError(effect, (error) => (SqlError.isSqlError(error) ? new LedgerUnavailable({ cause: error }) : error))

const pathIn = (directory: string): string => `${directory}/owner-token`

const freshToken = (): string => encodeHex(randomBytes(32))

/** Copies of so many former tokens are known again. */
const retiredMax = 64

const readRetired = Effect.map(readSetting("owner_token_retired"), (text) => (text ?? "").split(",").filter(Boolean))

/** A copy of the token that goes now, in another tracker's folder, must not bring it back. */
const retire = Effect.gen(function* () {
  const known = yield* readSetting("owner_token_sha256")
  if (known === null) return
  yield* writeSetting("owner_token_retired", [...(yield* readRetired), known].slice(-retiredMax).join(","))
})

/** A start after a crash between the two steps takes the file's word: it holds the newer token. */
const replaceToken = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = pathIn(directory)
  const token = freshToken()
  if (yield* Effect.orElseSucceed(fs.exists(path), () => false)) yield* writeToken(path, token)
  yield* retire
  yield* writeSetting("owner_token_sha256", encodeHex(sha256(token)))
  return Redacted.make(token, { label: "owner token" })
})

/** Rotates the token of a ledger at hand, whether a tracker runs on it or not: it follows within seconds. */
export const rotateOwnerToken = Effect.fn("rotateOwnerToken")((directory: string) =>
  orUnavailable(replaceToken(directory))
)

/** How long another tracker on the same ledger may still take a token that was rotated away. */
const followMs = 5_000

/** The token of this start; null where it is known by its hash alone. */
const settleToken = Effect.fnUntraced(function* ({ chosen, directory, needed = false }: OwnerTokenOptions) {
  const path = pathIn(directory)
  const known = yield* readSetting("owner_token_sha256")
  const found = chosen === null ? yield* readToken(path) : Redacted.value(chosen)
  if (found !== null && found.length < ownerTokenLengthMin) {
    return yield* new OwnerTokenUnusable({ path, reason: `has fewer than ${ownerTokenLengthMin} characters` })
  }
  // A second token made here would lock out whoever keeps the first.
  if (found === null && known !== null) {
    if (!needed) return { token: null, isNew: false, hash: known }
    return yield* new OwnerTokenUnusable({ path, reason: "is gone; set FARMOPS_OWNER_TOKEN to choose a new one" })
  }
  const token = found ?? freshToken()
  if (found === null) yield* writeToken(path, token)
  const hash = encodeHex(sha256(token))
  if (hash !== known && (yield* readRetired).includes(hash)) {
    return yield* new OwnerTokenUnusable({
      path,
      reason: "was rotated away; put the newer token there, or delete the file"
    })
  }
  if (hash !== known) yield* writeSetting("owner_token_sha256", hash)
  return { token: Redacted.make(token, { label: "owner token" }), isNew: found === null, hash }
})

const make = Effect.fn("OwnerToken.make")(function* (options: OwnerTokenOptions) {
  const context = yield* Effect.context<FileSystem.FileSystem | SqlClient.SqlClient>()
  const { hash, ...found } = yield* orUnavailable(settleToken(options))
  let present = Buffer.from(hash, "hex")
  const look = Effect.map(readSetting("owner_token_sha256"), (known) => {
    if (known !== null) present = Buffer.from(known, "hex")
  })
  // A database that is away is asked again, and until then the token is the last one that was known.
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(followMs), Effect.ignore(look))))
  return OwnerToken.of({
    ...found,
    matches: (credential) => timingSafeEqual(sha256(Redacted.value(credential)), present),
    rotate: Effect.gen(function* () {
      if (options.chosen !== null) return yield* new OwnerTokenChosen()
      const token = yield* rotateOwnerToken(options.directory)
      present = Buffer.from(sha256(Redacted.value(token)))
      return token
    }).pipe(Effect.uninterruptible, Effect.provideContext(context))
  })
})
