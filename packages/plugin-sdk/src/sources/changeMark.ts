/**
 * Ids for changes of something that may come back to what it was: each change is named after the one before it. Kept in the
 * source's memory, so that a restart tells nothing twice and misses nothing.
 */
import { Effect, Option, Schema } from "effect"
import { opaqueId } from "./opaqueId.ts"
import type { SourceMemory } from "./SourceMemory.ts"

/** What something was, and the mark of the change that made it so. */
export const Marked = Schema.Struct({ mark: Schema.String, digest: Schema.String })
export type Marked = typeof Marked.Type

/** The change from `before`, null at first sight, to what has this digest. */
export const markChange = (before: Marked | null, digest: string): Marked => ({
  mark: opaqueId("farmops/change", before?.mark ?? "", digest),
  digest
})

/** A memory of one value. What it cannot read is no memory. */
export const memoryOf = <A>(memory: SourceMemory, schema: Schema.Codec<A, unknown>) => {
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(schema))
  return {
    recall: Effect.map(memory.get, (bytes) =>
      bytes === null ? null : Option.getOrNull(decode(new TextDecoder().decode(bytes)))
    ),
    remember: (value: A): Effect.Effect<void> => memory.put(new TextEncoder().encode(JSON.stringify(value)))
  }
}
