/** The farm's secret keys on disk: `tracker.key`, and `tracker.key.next` while it is handed over. */
import type { Ed25519 } from "@farmops/proof/Ed25519"
import {
  adoptNextKeyFile,
  type KeyFileContents,
  type KeyFileUnreadable,
  loadNextKeyFile,
  peekKeyFile
} from "@farmops/proof/KeyFile"
import { loadSigningKey, makeSigningKey, type SigningKey, signingKeyFromSeed } from "@farmops/proof/SigningKey"
import { Effect, type FileSystem, Result } from "effect"
import { TrackerKeyUnusable } from "./TrackerKeyUnusable.ts"

/** Where the keys themselves are. */
export interface HeldKeys {
  /** For messages. */
  readonly path: string
  /** The key at its place, made where there is none. */
  readonly first: Effect.Effect<SigningKey, TrackerKeyUnusable>
  /** The key at its place; null where there is none. */
  readonly placed: Effect.Effect<SigningKey | null, TrackerKeyUnusable>
  /** The key with this public half, at its place or prepared; null where it is neither. */
  readonly find: (publicKey: string) => Effect.Effect<SigningKey | null, TrackerKeyUnusable>
  /** A fresh key beside the present one. One that was prepared before is gone then. */
  readonly makeNext: Effect.Effect<SigningKey, TrackerKeyUnusable>
  /** Gives the key with this public half its place, where it is the prepared one; the key there is gone then. */
  readonly adopt: (publicKey: string) => Effect.Effect<void, TrackerKeyUnusable>
}

const orUnusable = <A, R>(effect: Effect.Effect<A, KeyFileUnreadable, R>) =>
  Effect.mapError(effect, ({ message, path }) => new TrackerKeyUnusable({ path, message }))

const keyOf = (contents: KeyFileContents | null) =>
  contents === null ? Effect.succeed(null) : signingKeyFromSeed(contents.seed)

/** The keys in a directory. */
export const keysInFiles = Effect.fnUntraced(function* (directory: string) {
  const services = yield* Effect.context<Ed25519 | FileSystem.FileSystem>()
  const withServices = <A, E>(effect: Effect.Effect<A, E, Ed25519 | FileSystem.FileSystem>) =>
    Effect.provide(effect, services)
  const path = `${directory}/tracker.key`
  const next = Effect.flatMap(orUnusable(loadNextKeyFile(path, null, { make: false })), keyOf)
  const placed = Effect.flatMap(orUnusable(peekKeyFile(path)), keyOf)

  const find = Effect.fnUntraced(function* (publicKey: string) {
    // In this order a key that takes its place in between is not missed.
    const looks = [yield* Effect.result(next), yield* Effect.result(placed)]
    const keys = looks.map((look) => (Result.isSuccess(look) ? look.success : null))
    const found = keys.find((key) => key?.publicKey === publicKey)
    if (found !== undefined) return found
    const [fault] = looks.filter(Result.isFailure)
    return fault === undefined ? null : yield* fault.failure
  })

  const held: HeldKeys = {
    path,
    first: withServices(orUnusable(loadSigningKey(path))),
    placed: withServices(placed),
    find: (publicKey) => withServices(find(publicKey)),
    makeNext: withServices(
      Effect.flatMap(orUnusable(loadNextKeyFile(path, null, { make: true })), (contents) =>
        contents === null
          ? Effect.die(new Error("a next key was made and is not there"))
          : signingKeyFromSeed(contents.seed)
      )
    ),
    adopt: (publicKey) =>
      withServices(
        Effect.flatMap(next, (key) => (key?.publicKey === publicKey ? orUnusable(adoptNextKeyFile(path)) : Effect.void))
      )
  }
  return held
})

/** Keys that are forgotten with the process. */
export const keysInMemory = Effect.gen(function* () {
  const services = yield* Effect.context<Ed25519>()
  const keys = new Map<string, SigningKey>()
  const make = Effect.tap(Effect.provide(makeSigningKey, services), (key) =>
    Effect.sync(() => void keys.set(key.publicKey, key))
  )
  const held: HeldKeys = {
    path: "the key in memory",
    first: make,
    placed: Effect.succeed(null),
    find: (publicKey) => Effect.sync(() => keys.get(publicKey) ?? null),
    makeNext: make,
    adopt: () => Effect.void
  }
  return held
})
