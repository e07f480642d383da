/** The fastest Ed25519 that this installation has. Which one it is changes no verdict and no signature. */
import { Effect, Layer } from "effect"
import type { Ed25519 } from "./Ed25519.ts"
import * as Ed25519Node from "./Ed25519Node.ts"
import * as Ed25519Sodium from "./Ed25519Sodium.ts"

/** As {@link layer}, with the package looked for from a program's own file, `import.meta.url`. */
export const layerFrom = (from: string | URL | undefined): Layer.Layer<Ed25519> =>
  Ed25519Sodium.layerFrom(from).pipe(
    Layer.catchTag("SodiumUnavailable", ({ message, reason }) => {
      const log = reason === "not_installed" ? Effect.logDebug : Effect.logWarning
      return Layer.provideMerge(Ed25519Node.layer, Layer.effectDiscard(log(`Ed25519 by node:crypto: ${message}`)))
    })
  )

/** libsodium where the optional package `sodium-native` is installed, else `node:crypto`. */
export const layer: Layer.Layer<Ed25519> = layerFrom(undefined)
