import { Effect } from "effect"

/** Bytes from the platform's cryptographic random source. */
export const randomBytes = (length: number): Effect.Effect<Uint8Array> =>
  Effect.sync(() => globalThis.crypto.getRandomValues(new Uint8Array(length)))
