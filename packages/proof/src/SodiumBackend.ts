/** Verification with libsodium through the optional package `sodium-native`: about twice the speed of `node:crypto`. */
import { hash } from "node:crypto"
import { createRequire } from "node:module"
import { strictBackend, type VerifyBackend } from "./strictEd25519.ts"

/** The functions of `sodium-native` that we call; the package has no types of its own. */
export interface Sodium {
  /** Fills `publicKey` (32 bytes) and `secretKey` (64 bytes) from a seed of 32 bytes. */
  readonly crypto_sign_seed_keypair: (publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array) => void
  /** Fills `signature` (64 bytes). */
  readonly crypto_sign_detached: (signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array) => void
  /** Reads the first 64 bytes of `signature` whatever its length; throws when it is shorter. */
  readonly crypto_sign_verify_detached: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean
}

/** The package, or why it cannot be used here. */
export type FoundSodium =
  | { readonly ok: true; readonly sodium: Sodium }
  | { readonly ok: false; readonly reason: "not_installed" | "not_loadable"; readonly detail: string }

const isSodium = (loaded: unknown): loaded is Sodium =>
  typeof loaded === "object" &&
  loaded !== null &&
  ["crypto_sign_seed_keypair", "crypto_sign_detached", "crypto_sign_verify_detached"].every(
    (name) => typeof (loaded as Readonly<Record<string, unknown>>)[name] === "function"
  )

/**
 * Looks for `sodium-native` as an import in the file `from` would. A program whose packages lie where this one cannot see
 * them gives its own `import.meta.url`.
 */
export const findSodium = (from: string | URL = import.meta.url): FoundSodium => {
  try {
    const loaded: unknown = createRequire(from)("sodium-native")
    return isSodium(loaded)
      ? { ok: true, sodium: loaded }
      : { ok: false, reason: "not_loadable", detail: "it lacks a function that 5.1.0 has" }
  } catch (error) {
    const absent = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND"
    const detail = error instanceof Error ? error.message : "it threw no error"
    return { ok: false, reason: absent ? "not_installed" : "not_loadable", detail }
  }
}

/** Strict Ed25519 by libsodium, and SHA-256 by `node:crypto`, which is three times as fast. */
export const sodiumBackend = (sodium: Sodium): VerifyBackend =>
  strictBackend({
    sha256: (bytes) => hash("sha256", bytes, "buffer"),
    sha256Hex: (bytes) => hash("sha256", bytes, "hex"),
    // The strict checks have refused every length but 64 and 32 by now.
    verify: (signature, message, publicKey) => sodium.crypto_sign_verify_detached(signature, message, publicKey)
  })
