/** Ed25519 (RFC 8032) as a port. Its layers give the same verdict on every input, honest or not. */
import { Context, Effect, Layer, Redacted } from "effect"
import { decodeHex, encodeHex } from "./hex.ts"
import { rfc8032, selfTest } from "./selfTest.ts"
import type { VerifyBackend } from "./strictEd25519.ts"

/** Keys, signatures and strict verification. `Ed25519Fastest` is the one to take on Node; `Ed25519Noble` runs anywhere. */
export class Ed25519 extends Context.Service<
  Ed25519,
  {
    /** Which library stands behind it. */
    readonly name: "node" | "noble" | "sodium"
    /** The same verdict without Effect, for `verifyProof` and `verifyChain`. */
    readonly backend: VerifyBackend
    /** 32 fresh bytes from the system's random source: the whole secret of a key. */
    readonly generateSeed: Effect.Effect<Redacted.Redacted<Uint8Array>>
    /** The 32-byte public key of a seed. */
    readonly publicKey: (seed: Redacted.Redacted<Uint8Array>) => Uint8Array
    /** The 64-byte signature; the same seed and message always give the same bytes. */
    readonly sign: (seed: Redacted.Redacted<Uint8Array>, message: Uint8Array) => Uint8Array
    /** False, never an error, for anything that is not a strict signature of this key over this message. */
    readonly verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean
  }
>()("@farmops/proof/Ed25519") {
  /**
   * The one way to a layer: asks the library first (`selfTest`), and dies, naming layer and case, if it answers wrongly.
   * A library that disagrees is broken or was tampered with; it must neither sign nor judge.
   */
  static readonly layerTested = <E, R>(make: Effect.Effect<Ed25519["Service"], E, R>): Layer.Layer<Ed25519, E, R> =>
    Layer.effect(
      this,
      Effect.tap(make, (ed25519) => {
        const wrong = selfTest(ed25519.backend) ?? testSigner(ed25519)
        return wrong === null
          ? Effect.void
          : Effect.die(new Error(`Ed25519 by ${ed25519.name} failed its self-test (${wrong}) and will not be used`))
      })
    )
}

/** The name of the first thing that the port itself, around its backend, does wrongly. */
const testSigner = ({ publicKey, sign, verify }: Ed25519["Service"]): string | null => {
  const seed = Redacted.make(decodeHex(rfc8032.seed) ?? new Uint8Array(), { label: "seed" })
  try {
    const [key, signature] = [publicKey(seed), sign(seed, rfc8032.message)]
    if (encodeHex(key) !== rfc8032.publicKey) return "public key of RFC 8032 test 2"
    if (encodeHex(signature) !== rfc8032.signature) return "signing RFC 8032 test 2"
    return verify(signature, rfc8032.message, key) ? null : "verifying what it signed"
  } catch {
    return "signing RFC 8032 test 2"
  }
}
