/** The optional package `sodium-native` as an effect that says what to do when it is not there. */
import { Effect, Schema } from "effect"
import { findSodium, type Sodium } from "./SodiumBackend.ts"

/** libsodium cannot be used here. Install it as `message` says, or take `Ed25519Node`, which gives the same verdicts. */
export class SodiumUnavailable extends Schema.TaggedError<SodiumUnavailable>()("SodiumUnavailable", {
  /** `not_loadable`: the package is there, but has no binary for this platform or is not the version that we know. */
  reason: Schema.Literals(["not_installed", "not_loadable"]),
  message: Schema.String,
  /** What the loader said. It may hold a path. */
  detail: Schema.String
}) {}

const install = "npm install sodium-native@5.1.0"

/** Loads the package on first use; `from` is the file from which it is looked for, like an import there. */
export const loadSodium = Effect.fn("loadSodium")(function* (
  from?: string | URL
): Effect.fn.Return<Sodium, SodiumUnavailable> {
  const found = findSodium(from)
  if (found.ok) return found.sodium
  const { detail, reason } = found
  const message =
    reason === "not_installed"
      ? `sodium-native is not installed; install it with: ${install}`
      : `sodium-native is installed but cannot be loaded; install it again with: ${install}`
  return yield* new SodiumUnavailable({ reason, message, detail })
})
