/** `farmops tracker rotate-key` and `tracker keys`: the farm's own key, and the row of keys that whoever knows one of them can follow. */
import { resolve } from "node:path"
import { FarmKeyList } from "@farmops/core/farm/keys/FarmKeyList"
import { FarmKeys, RotatedKey } from "@farmops/core/farm/keys/FarmKeys"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, Layer, Option } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { requestJson } from "./FarmConnection.ts"
import { findLedger, type LedgerPlaceOptions, layerLedger, layerTrackerKey } from "./openLedger.ts"
import { Printer } from "./Printer.ts"
import { writeWhole } from "./writeWhole.ts"

const tellRotation = Effect.fnUntraced(function* (rotated: RotatedKey) {
  const printer = yield* Printer
  if (printer.json) return yield* printer.data(rotated)
  yield* printer.line(`from line ${rotated.position + 1} on the tracker signs with a new key: ${rotated.public_key}`)
  yield* printer.note(`its fingerprint is ${rotated.fingerprint}`)
  yield* printer.note("the old key is gone; what it signed stays good, and villages follow by themselves")
})

/** Runs `tracker rotate-key` on the ledger and the key's folder, whether a tracker runs on them or not: it follows. */
export const rotateOwnKey = Effect.fn("rotateOwnKey")(function* (options: LedgerPlaceOptions) {
  const place = yield* findLedger(options)
  const layer = FarmKeys.layer.pipe(Layer.provide(layerTrackerKey(place)), Layer.provide(layerLedger(place)))
  const rotated = yield* Effect.provide(
    Effect.flatMap(FarmKeys, ({ rotate }) => rotate),
    layer
  )
  yield* tellRotation(rotated)
})

/** Runs `tracker rotate-key --tracker-url URL`: the tracker makes the new key itself, so that no key travels. */
export const rotateKeyAt = Effect.fn("rotateKeyAt")(function* () {
  yield* tellRotation(yield* requestJson("/api/v1/key/rotate", RotatedKey, { method: "POST", asOwner: true }))
})

/** Runs `tracker keys`: the key in force, and on request the file for `proof verify --tracker-rotations`. */
export const listTrackerKeys = Effect.fn("listTrackerKeys")(function* (options: {
  readonly out: Option.Option<string>
  readonly cwd: string
}) {
  const printer = yield* Printer
  const keys = yield* requestJson("/api/v1/public/keys", FarmKeyList)
  if (Option.isSome(options.out)) {
    if (keys.rotations.length === 0) {
      return yield* new CommandFailed({
        code: "no_rotations",
        detail: "the tracker's key was never rotated, so there is nothing to write.",
        cure: null,
        exitCode: exitCodes.dataInvalid
      })
    }
    yield* writeWhole(resolve(options.cwd, options.out.value), keys.rotations.map((line) => `${line}\n`).join(""))
  }
  if (printer.json) return yield* printer.data(keys)
  yield* printer.line(keys.public_key)
  yield* printer.note(`its fingerprint is ${keys.fingerprint}; it was rotated ${keys.rotations.length} times`)
})
