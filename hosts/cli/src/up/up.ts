/** `farmops up`: a whole farm in one process. Everything serves before the backlog is read, and nothing is kept but under the data folder. */

import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { layerLog } from "@farmops/core/log/layerLog"
import { Effect, FileSystem, Option, Schedule } from "effect"
import { GlobalFlag } from "effect/cli"
import { Printer } from "../Printer.ts"
import { choosePorts } from "./choosePorts.ts"
import { chooseRepository } from "./chooseRepository.ts"
import { keepFarmName } from "./farmName.ts"
import { makeUpReport, type UpReport } from "./UpReport.ts"

/** The command's flags and the facts of the process that it runs in. */
export interface UpOptions {
  readonly repo: Option.Option<string>
  readonly data: Option.Option<string>
  readonly portBase: Option.Option<number>
  readonly sample: boolean
  readonly name: Option.Option<string>
  readonly village: boolean
  readonly recoveryPublicKey: Option.Option<string>
  readonly cwd: string
  readonly version: string
}

// A farm whose launcher was killed this instant still holds the folder for a moment.
const briefly = Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 8 }))

const openDataDirectory = Effect.fnUntraced(function* (path: string) {
  const dataDir = yield* DataDirectory.open(path).pipe(
    Effect.retry({ schedule: briefly, while: (error) => error._tag === "DataDirectoryInUse" })
  )
  // The folder often lies in a repository, and holds keys: git must not take it along with `git add .`.
  const fs = yield* FileSystem.FileSystem
  const file = join(dataDir, ".gitignore")
  if (!existsSync(file)) yield* Effect.ignore(fs.writeFileString(file, "*\n"))
  return dataDir
})

const run = Effect.fnUntraced(function* (options: UpOptions, report: UpReport) {
  const asked = Option.getOrElse(options.data, () => ".farmops")
  const dataDir = yield* openDataDirectory(resolve(options.cwd, asked))
  // git is asked while the servers' modules load: what cannot be used is said before either is through.
  const [{ fallback, repository, sample }, { runFarm }] = yield* Effect.all(
    [chooseRepository({ ...options, dataDir }), Effect.promise(() => import("./runFarm.ts"))],
    { concurrency: 2 }
  )
  const ports = yield* choosePorts(Option.getOrNull(options.portBase))
  const farmName = yield* keepFarmName({ dataDir, given: options.name, usual: sample ? "Sample farm" : "My farm" })
  yield* report.source({ sample, fallback, ...repository.info })
  const villageName = options.village ? "Village" : null
  const recoveryPublicKey = Option.getOrNull(options.recoveryPublicKey)
  yield* runFarm(
    { dataDir, ports, farmName, sample, villageName, recoveryPublicKey, repository },
    options.version,
    report
  )
})

/** Runs the command until it is told to stop. Logs nothing below a warning unless `--log-level` asks: its lines say the rest. */
export const up = Effect.fn("up")(function* (options: UpOptions) {
  const report = makeUpReport(yield* Printer)
  const level = Option.getOrElse(yield* GlobalFlag.LogLevel, () => "Warn" as const)
  yield* Effect.scoped(run(options, report)).pipe(
    Effect.provide(layerLog({ format: "auto", level })),
    Effect.onInterrupt(() => report.stopped)
  )
})
