/** Ids that say nothing: the same parts give the same id for ever, on any machine, and nobody reads the parts out of it. */
import { createHash } from "node:crypto"

/** The SHA-256 of the parts in hex. They are written as JSON first, so that no two lists of parts run into each other. */
export const opaqueId = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex")

/** The SHA-256 of bytes in hex, as one part of an id. */
export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")
