/** A few bytes that a source finds again when it is started the next time. Raw data: whoever keeps them encrypts them. */
import { Effect } from "effect"

/** One source's own memory. */
export interface SourceMemory {
  /** What was put last; null at the first start. */
  readonly get: Effect.Effect<Uint8Array | null>
  /** Returns when it is on disk. At most {@link sourceMemoryBytesMax}. */
  readonly put: (bytes: Uint8Array) => Effect.Effect<void>
}

/** The most bytes that a source remembers. */
export const sourceMemoryBytesMax = 4 * 1024 * 1024

/** Remembers for as long as the process lives. */
export const makeSourceMemoryInRam: Effect.Effect<SourceMemory> = Effect.sync(() => {
  let bytes: Uint8Array | null = null
  return {
    get: Effect.sync(() => bytes),
    put: (given) =>
      Effect.sync(() => {
        bytes = given
      })
  }
})
