/**
 * The secret of one farm under which people are counted: the same person is the same actor on every agent of the farm,
 * and nobody outside can test a guess.
 */
import { Context, Effect, Layer, Redacted } from "effect"
import { decodeHex, encodeHex } from "./hex.ts"
import { randomBytes } from "./internal/randomBytes.ts"

/** Bytes of a salt made here; the tracker makes one for its farm. */
const saltBytes = 32

/** A salt shorter than this could be searched. */
const saltBytesMin = 16

/** Handed over by the tracker at enrolment; the key of the HMAC that makes `actor_hash`. */
export class FarmSalt extends Context.Service<FarmSalt, Redacted.Redacted<Uint8Array>>()("@farmops/proof/FarmSalt") {
  /** The salt as bytes. */
  static readonly layer = (salt: Redacted.Redacted<Uint8Array>): Layer.Layer<FarmSalt> => Layer.succeed(this, salt)

  /** A fresh salt: the first and only one of a new farm, or one for a test. */
  static readonly generate: Effect.Effect<Redacted.Redacted<Uint8Array>> = Effect.map(randomBytes(saltBytes), (bytes) =>
    Redacted.make(bytes, { label: "farm salt" })
  )

  /** A fresh salt that is forgotten with the process. */
  static readonly layerMemory: Layer.Layer<FarmSalt> = Layer.effect(this, this.generate)
}

/** A salt as the tracker spells it, lowercase hex of at least 16 bytes; `null` for anything else. */
export const farmSaltFromHex = (hex: string): Redacted.Redacted<Uint8Array> | null => {
  const bytes = decodeHex(hex)
  return bytes === null || bytes.length < saltBytesMin ? null : Redacted.make(bytes, { label: "farm salt" })
}

/** The spelling to store or to hand to an approved agent. It is a secret again: never log it. */
export const farmSaltToHex = (salt: Redacted.Redacted<Uint8Array>): string => encodeHex(Redacted.value(salt))
