/** Ed25519 in plain JavaScript by `@noble/ed25519`, for places without `node:crypto`. */
import { getPublicKey, hashes, sign } from "@noble/ed25519"
import { sha512 } from "@noble/hashes/sha2.js"
import { Effect, type Layer, Redacted } from "effect"
import { Ed25519 } from "./Ed25519.ts"
import { generateSeed } from "./internal/generateSeed.ts"
import { nobleBackend } from "./NobleBackend.ts"

/** The portable layer. Makes and accepts exactly what `Ed25519Node` does. */
export const layer: Layer.Layer<Ed25519> = Ed25519.layerTested(
  Effect.sync(() => {
    // The library keeps its SHA-512 in a slot that the program fills once.
    hashes.sha512 = sha512
    return {
      name: "noble",
      backend: nobleBackend,
      generateSeed,
      publicKey: (seed) => getPublicKey(Redacted.value(seed)),
      sign: (seed, message) => sign(message, Redacted.value(seed)),
      verify: nobleBackend.verify
    }
  })
)
