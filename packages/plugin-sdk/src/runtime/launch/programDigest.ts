/**
 * The SHA-256 of the program that a plugin is: of the file that would be run, or of its script where that is an interpreter. What
 * the program loads later is not in it, so a program worth pinning is one file.
 */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { pipeline } from "node:stream/promises"
import { Effect } from "effect"

/** Lowercase hex; null where the file cannot be read. */
export const fileDigest = (file: string): Effect.Effect<string | null> =>
  Effect.promise(async (signal) => {
    const hash = createHash("sha256")
    try {
      await pipeline(createReadStream(file), hash, { signal })
      return hash.digest("hex")
    } catch {
      return null
    }
  })
