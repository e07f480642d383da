/** Archives a farm in a folder and kills itself before one of the steps: `archiveAndDie.ts FOLDER FILE STEP`. */
import { Effect, Layer } from "effect"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { fileFarmLayer } from "./checkpointLayers.ts"
import { steppedArchive } from "./steppedArchive.ts"

const [folder = "", file = "", dieAt = ""] = process.argv.slice(2)

let steps = 0
const deadly = steppedArchive(() => {
  steps++
  if (steps === Number(dieAt)) process.kill(process.pid, "SIGKILL")
})

await Effect.runPromise(
  Effect.flatMap(LedgerArchive, ({ archive }) => archive({ type: "keep", lines: 0 }, file)).pipe(
    Effect.provide(deadly.pipe(Layer.provideMerge(fileFarmLayer(folder))))
  )
)
