/** The key to the observations at rest: a file of its own beside the agent's key, so that neither opens what the other does. */
import { join } from "node:path"
import { loadKeyFile } from "@farmops/proof/KeyFile"
import { Effect } from "effect"
import { makeObservationKey } from "./sealedRow.ts"

/** Where the key lies in an agent's data folder. */
export const observationKeyFile = (directory: string): string => join(directory, "observations.key")

/** Reads the key, making it first where there is none: whole, flushed, mode 0600. A damaged file is an error, never another key. */
export const loadObservationKey = Effect.fn("loadObservationKey")(function* (directory: string) {
  const { seed } = yield* loadKeyFile(observationKeyFile(directory))
  return makeObservationKey(seed)
})
