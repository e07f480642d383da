/** The farm's own key. It signs what the farm says of itself (snapshots, registrations), each under its own tag, and never a proof. */
import type { Ed25519 } from "@farmops/proof/Ed25519"
import type { KeyFileUnreadable } from "@farmops/proof/KeyFile"
import { loadSigningKey, makeSigningKey, type SigningKey } from "@farmops/proof/SigningKey"
import { Context, type FileSystem, Layer } from "effect"

/** Whoever holds this service speaks for the farm towards villages. */
export class TrackerKey extends Context.Service<TrackerKey, SigningKey>()("@farmops/core/farm/TrackerKey") {
  /** `tracker.key` in the tracker's data directory, made at the first start with mode 0600. */
  static readonly layerFile = (
    directory: string
  ): Layer.Layer<TrackerKey, KeyFileUnreadable, Ed25519 | FileSystem.FileSystem> =>
    Layer.effect(this, loadSigningKey(`${directory}/tracker.key`))

  /** A fresh key that is forgotten with the process. */
  static readonly layerMemory: Layer.Layer<TrackerKey, never, Ed25519> = Layer.effect(this, makeSigningKey)
}
