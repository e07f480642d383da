/**
 * The secret that makes somebody the farm's owner over HTTP: 32 random bytes in a file of mode 0600. The database keeps
 * its SHA-256 only, so a stolen database opens nothing.
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { encodeHex } from "@farmops/proof/hex"
import { Context, Effect, FileSystem, Layer, Redacted, Runtime, Schema } from "effect"
import type { SqlClient } from "effect/sql"
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

/** Says whether a credential is the owner's. */
export class OwnerToken extends Context.Service<
  OwnerToken,
  {
    readonly token: Redacted.Redacted<string>
    /** Compares hashes in constant time, so neither a prefix nor the length shows. */
    readonly matches: (credential: Redacted.Redacted<string>) => boolean
  }
>()("@farmops/core/farm/OwnerToken") {
  /** `chosen` wins over the file; without both a token is made. Needs the tables of `ledgerMigrations`. */
  static readonly layer = (options: {
    readonly directory: string
    readonly chosen: Redacted.Redacted<string> | null
  }): Layer.Layer<OwnerToken, OwnerTokenUnusable | LedgerUnavailable, FileSystem.FileSystem | SqlClient.SqlClient> =>
    Layer.effect(this, make(options))
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest()

const serviceOf = (token: Redacted.Redacted<string>) => {
  const hash = sha256(Redacted.value(token))
  return OwnerToken.of({
    token,
    matches: (credential) => timingSafeEqual(sha256(Redacted.value(credential)), hash)
  })
}

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

const make = Effect.fn("OwnerToken.make")(
  function* (options: { readonly directory: string; readonly chosen: Redacted.Redacted<string> | null }) {
    const path = `${options.directory}/owner-token`
    const known = yield* readSetting("owner_token_sha256")
    const found = options.chosen === null ? yield* readToken(path) : Redacted.value(options.chosen)
    if (found !== null && found.length < ownerTokenLengthMin) {
      return yield* new OwnerTokenUnusable({ path, reason: `has fewer than ${ownerTokenLengthMin} characters` })
    }
    // Another process may share the database and hold the file: a token made here would lock its owner out.
    if (found === null && known !== null) {
      return yield* new OwnerTokenUnusable({ path, reason: "is gone; set FARMOPS_OWNER_TOKEN to choose a new one" })
    }
    const token = found ?? encodeHex(randomBytes(32))
    if (found === null) yield* writeToken(path, token)
    const hash = encodeHex(sha256(token))
    if (hash !== known) yield* writeSetting("owner_token_sha256", hash)
    return serviceOf(Redacted.make(token, { label: "owner token" }))
  },
  Effect.catchTag("SqlError", (cause) => Effect.fail(new LedgerUnavailable({ cause })))
)
