import { Effect, Redacted } from "effect"
import { randomBytes } from "./randomBytes.ts"

/** Bytes of an Ed25519 seed (RFC 8032 §5.1.5). */
export const seedBytes = 32

/** A fresh seed that prints as `<redacted:seed>`. */
export const generateSeed: Effect.Effect<Redacted.Redacted<Uint8Array>> = Effect.map(randomBytes(seedBytes), (bytes) =>
  Redacted.make(bytes, { label: "seed" })
)
