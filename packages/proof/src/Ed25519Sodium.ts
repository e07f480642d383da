/** Ed25519 by libsodium through the optional package `sodium-native`. */
import { Effect, type Layer, Redacted } from "effect"
import { Ed25519 } from "./Ed25519.ts"
import { generateSeed } from "./internal/generateSeed.ts"
import { loadSodium, type SodiumUnavailable } from "./loadSodium.ts"
import { type Sodium, sodiumBackend } from "./SodiumBackend.ts"
import { publicKeyBytes, signatureBytes } from "./strictEd25519.ts"

/** Bytes of libsodium's secret key: the seed, then the public key. */
const secretKeyBytes = 64

interface KeyPair {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

const makeKeyPairs = (sodium: Sodium) => {
  // Deriving a pair costs as much as a signature. The entry goes when the seed itself is collected.
  const derived = new WeakMap<Redacted.Redacted<Uint8Array>, KeyPair>()
  return (seed: Redacted.Redacted<Uint8Array>): KeyPair => {
    const known = derived.get(seed)
    if (known !== undefined) return known
    const pair = { publicKey: new Uint8Array(publicKeyBytes), secretKey: new Uint8Array(secretKeyBytes) }
    sodium.crypto_sign_seed_keypair(pair.publicKey, pair.secretKey, Redacted.value(seed))
    derived.set(seed, pair)
    return pair
  }
}

const serviceOf = (sodium: Sodium): Ed25519["Service"] => {
  const backend = sodiumBackend(sodium)
  const keyPairOf = makeKeyPairs(sodium)
  return {
    name: "sodium",
    backend,
    generateSeed,
    publicKey: (seed) => keyPairOf(seed).publicKey.slice(),
    sign: (seed, message) => {
      // From Node's pool: an array of its own would cost a tenth of the signature.
      const signature = Buffer.allocUnsafe(signatureBytes)
      sodium.crypto_sign_detached(signature, message, keyPairOf(seed).secretKey)
      return signature
    },
    verify: backend.verify
  }
}

/** As {@link layer}, with the package looked for from a program's own file, `import.meta.url`. */
export const layerFrom = (from: string | URL | undefined): Layer.Layer<Ed25519, SodiumUnavailable> =>
  Ed25519.layerTested(Effect.map(loadSodium(from), serviceOf))

/** Twice as fast as `Ed25519Node`, and equal to it in every verdict and signature. */
export const layer: Layer.Layer<Ed25519, SodiumUnavailable> = layerFrom(undefined)
