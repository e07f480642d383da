/** Rotates the key of a farm in a folder and kills itself at a step: `rotateAndDie.ts FOLDER "before rename"`. */
import { Effect } from "effect"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { steppedFarmLayer } from "./steppedRotation.ts"

const [folder = "", dieAt = ""] = process.argv.slice(2)

const deadly = steppedFarmLayer(folder, (step) => {
  if (step === dieAt) process.kill(process.pid, "SIGKILL")
})

await Effect.runPromise(Effect.flatMap(FarmKeys, ({ rotate }) => rotate).pipe(Effect.provide(deadly)))
