/** The farm's name, which is said once with --name and then kept. */

import { FarmName } from "@farmops/core/farm/FarmSnapshot"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, FileSystem, Option, Path, Schema } from "effect"
import { CommandFailed } from "../CommandFailed.ts"

const isName = Schema.is(FarmName)

/** The name given now, else the one that was given before, else the usual one. */
export const keepFarmName = Effect.fn("keepFarmName")(function* (options: {
  readonly dataDir: string
  readonly given: Option.Option<string>
  readonly usual: string
}) {
  const fs = yield* FileSystem.FileSystem
  const file = (yield* Path.Path).join(options.dataDir, "farm-name")
  if (Option.isNone(options.given)) {
    const kept = yield* Effect.option(fs.readFileString(file))
    return Option.getOrElse(
      Option.filter(
        Option.map(kept, (text) => text.trim()),
        isName
      ),
      () => options.usual
    )
  }
  const name = options.given.value.trim()
  if (!isName(name)) {
    return yield* new CommandFailed({
      code: "bad_name",
      detail: "--name takes one line of 1 to 64 printable characters.",
      cure: null,
      exitCode: exitCodes.usage
    })
  }
  yield* Effect.ignore(fs.writeFileString(file, `${name}\n`, { mode: 0o600 }))
  return name
})
