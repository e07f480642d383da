/** Ed25519 (RFC 8032) as a port. Its layers give the same verdict on every input, honest or not. */
import { Context, type Effect, type Redacted } from "effect"
import type { VerifyBackend } from "./strictEd25519.ts"

/** Keys, signatures and strict verification. `Ed25519Node` is the default on Node, `Ed25519Noble` runs anywhere. */
export class Ed25519 extends Context.Service<
  Ed25519,
  {
    /** Which library stands behind it. */
    readonly name: "node" | "noble"
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
>()("@farmops/proof/Ed25519") {}
