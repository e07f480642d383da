/** A farm in a folder whose key is rotated, each step with files told by name before it is taken and after. */
import { Effect, FileSystem, Layer } from "effect"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { fileFarmLayer } from "./checkpointLayers.ts"

/** The new key gets a name, on disk; then, once the ledger names it, the place of the old one. */
export type RotationStep = `${"before" | "after"} ${"link" | "rename"}`

/** `onStep` may throw or end the process. */
export const steppedFarmLayer = (folder: string, onStep: (step: RotationStep) => void) => {
  const told = <A, E, R>(step: "link" | "rename", effect: Effect.Effect<A, E, R>) =>
    Effect.sync(() => onStep(`before ${step}`)).pipe(
      Effect.andThen(effect),
      Effect.tap(() => Effect.sync(() => onStep(`after ${step}`)))
    )
  const files = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      link: (from: string, to: string) => told("link", fs.link(from, to)),
      rename: (from: string, to: string) => told("rename", fs.rename(from, to))
    }))
  )
  const key = Layer.fresh(TrackerKey.layerFile(folder)).pipe(Layer.provide(files))
  return Layer.fresh(FarmKeys.layer).pipe(Layer.provide(key), Layer.provideMerge(fileFarmLayer(folder)))
}
