/** An Ed25519 key that signs and never shows its seed: neither in a log, nor as JSON, nor in an error. */
import { Effect, type FileSystem, type Redacted } from "effect"
import { Ed25519 } from "./Ed25519.ts"
import { keyFingerprint } from "./fingerprint.ts"
import { encodeHex } from "./hex.ts"
import { type KeyFileUnreadable, loadKeyFile } from "./KeyFile.ts"

/** What a holder of a key can do with it. The seed itself stays inside. */
export interface SigningKey {
  /** 64 lowercase hex digits. */
  readonly publicKey: string
  /** What a person compares before trusting the key; see `fingerprintOf`. */
  readonly fingerprint: string
  /** 128 lowercase hex digits: the Ed25519 signature of the message. */
  readonly sign: (message: Uint8Array) => string
}

/** Binds a seed to an Ed25519 layer. */
export const signingKeyFromSeed = Effect.fnUntraced(function* (
  seed: Redacted.Redacted<Uint8Array>
): Effect.fn.Return<SigningKey, never, Ed25519> {
  const ed25519 = yield* Ed25519
  const publicKey = ed25519.publicKey(seed)
  return {
    publicKey: encodeHex(publicKey),
    fingerprint: keyFingerprint(publicKey),
    sign: (message) => encodeHex(ed25519.sign(seed, message))
  }
})

/** A new key that lives in memory only. */
export const makeSigningKey: Effect.Effect<SigningKey, never, Ed25519> = Effect.gen(function* () {
  const ed25519 = yield* Ed25519
  return yield* signingKeyFromSeed(yield* ed25519.generateSeed)
})

/**
 * Reads the key at `path`, or makes it on the first call. The file appears whole, with mode 0600, and only once: of two
 * programs that start together both end up with the same key. A file that others may read is refused, never repaired.
 */
export const loadSigningKey = Effect.fn("loadSigningKey")(function* (
  path: string
): Effect.fn.Return<SigningKey, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> {
  const { seed } = yield* loadKeyFile(path)
  return yield* signingKeyFromSeed(seed)
})
