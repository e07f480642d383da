/** Reads the rotations of a tracker's key that somebody kept, and follows them from the key that is known. */
import { readFileSync, statSync } from "node:fs"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { followTrackerKeys } from "@farmops/proof/trackerRotation"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./CommandFailed.ts"
import { refuseOtherThanFile } from "./refuseOtherThanFile.ts"

/** As many rotations as there may be have half of it. */
const fileBytesMax = 1024 * 1024

const fail = (code: string, detail: string, exitCode: number = exitCodes.dataInvalid, cure: string | null = null) =>
  new CommandFailed({ code, detail, cure, exitCode })

/** Every key of the tracker; `trackerKey` must be one of them. */
export const readRotationsFile = Effect.fnUntraced(function* (path: string, trackerKey: string | null) {
  if (trackerKey === null) {
    const detail = "rotations say nothing without one key of the tracker that you know."
    return yield* fail("key_needed", detail, exitCodes.usage, "Give --tracker-key HEX.")
  }
  yield* refuseOtherThanFile(path)
  const text = yield* Effect.try({
    try: () => (statSync(path).size > fileBytesMax ? null : readFileSync(path, "utf8")),
    catch: (error) =>
      fail(
        "unreadable",
        `${path} cannot be read: ${error instanceof Error && "code" in error ? error.code : "unknown"}.`,
        exitCodes.io
      )
  })
  if (text === null) return yield* fail("too_large", `${path} has more than ${fileBytesMax} bytes.`)
  const lines = text.replace(/\n$/, "").split("\n")
  const followed = followTrackerKeys(lines, { farmId: null, trackerKey }, nodeBackend)
  if (followed.ok) return followed.value
  const { code, line } = followed.fault
  const cure = code === "unknown_key" ? "The key is none of this tracker's." : null
  return yield* fail(code, `${path}: ${line === null ? "" : `line ${line}: `}${code}.`, exitCodes.dataInvalid, cure)
})
