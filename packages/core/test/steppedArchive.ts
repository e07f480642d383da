/** An archive whose every step can be made the last: each call of the file system and each signature is told beforehand. */
import { Effect, FileSystem, Layer, Stream } from "effect"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"

/** `onStep` may throw or end the process. The last signature is made inside the transaction, after the lines were taken out. */
export const steppedArchive = (onStep: () => void) => {
  const first = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(Effect.sync(onStep), effect)
  const files = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      rename: (from: string, to: string) => first(fs.rename(from, to)),
      stream: (path: string, options?: Parameters<typeof fs.stream>[1]) =>
        Stream.unwrap(first(Effect.succeed(fs.stream(path, options)))),
      open: (path: string, options?: Parameters<typeof fs.open>[1]) =>
        Effect.map(first(fs.open(path, options)), (opened) => ({
          ...opened,
          sync: first(opened.sync),
          writeAll: (bytes: Uint8Array) => first(opened.writeAll(bytes))
        }))
    }))
  )
  const key = Layer.effect(
    TrackerKey,
    Effect.map(TrackerKey, (real) => ({
      ...real,
      inForce: Effect.map(real.inForce, (signer) => ({
        ...signer,
        sign: (message: Uint8Array) => {
          onStep()
          return signer.sign(message)
        }
      }))
    }))
  )
  return Layer.fresh(LedgerArchive.layer).pipe(Layer.provide(files), Layer.provide(key))
}
