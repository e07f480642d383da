/** Decoding of stored text that seldom changes and is asked for often. */
import { Effect, type Schema } from "effect"

/** Decodes a text, and remembers what the last one gave: one value for one text, also for whoever compares by identity. */
export const lastDecoded = <A>(decode: (text: string) => Effect.Effect<A, Schema.SchemaError>) => {
  let last: { readonly text: string; readonly value: A } | null = null
  return (text: string): Effect.Effect<A, Schema.SchemaError> =>
    last?.text === text
      ? Effect.succeed(last.value)
      : Effect.map(decode(text), (value) => {
          last = { text, value }
          return value
        })
}
