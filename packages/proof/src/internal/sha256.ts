/** SHA-256 for what we make ourselves: by `node:crypto` where it is there, else in JavaScript, a seventh as fast. */
import { sha256 } from "@noble/hashes/sha2.js"
import { encodeHex } from "../hex.ts"

// Asked for, not imported, so that a browser can load this module.
const node = globalThis.process?.getBuiltinModule?.("node:crypto")

/** Lowercase hex of the hash. */
export const sha256Hex: (bytes: Uint8Array) => string =
  node?.hash === undefined ? (bytes) => encodeHex(sha256(bytes)) : (bytes) => node.hash("sha256", bytes, "hex")
