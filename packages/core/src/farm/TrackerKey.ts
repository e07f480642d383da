/** The farm's own key. It signs what the farm says of itself (snapshots, registrations), each under its own tag, and never a proof. */
import type { Ed25519 } from "@farmops/proof/Ed25519"
import { loadSigningKey, makeSigningKey, type SigningKey } from "@farmops/proof/SigningKey"
import { Context, Effect, type FileSystem, Layer, Runtime, Schema } from "effect"
import { exitCodes } from "../host/exitCodes.ts"

/** The key's file is damaged, readable by others, or out of reach; the message says which and what to do. */
export class TrackerKeyUnusable extends Schema.TaggedError<TrackerKeyUnusable>()("TrackerKeyUnusable", {
  path: Schema.String,
  message: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = exitCodes.noPermission
}

/** Whoever holds this service speaks for the farm towards villages. */
export class TrackerKey extends Context.Service<TrackerKey, SigningKey>()("@farmops/core/farm/TrackerKey") {
  /** `tracker.key` in the tracker's data directory, made at the first start with mode 0600. */
  static readonly layerFile = (
    directory: string
  ): Layer.Layer<TrackerKey, TrackerKeyUnusable, Ed25519 | FileSystem.FileSystem> =>
    Layer.effect(
      this,
      Effect.mapError(
        loadSigningKey(`${directory}/tracker.key`),
        ({ message, path }) => new TrackerKeyUnusable({ path, message })
      )
    )

  /** A fresh key that is forgotten with the process. */
  static readonly layerMemory: Layer.Layer<TrackerKey, never, Ed25519> = Layer.effect(this, makeSigningKey)
}
