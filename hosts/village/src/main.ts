/** `farmops-village`: a village as a process of its own. Reads arguments and environment; the rest is in layer.ts. */

import { createRequire } from "node:module"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { endWithLauncher } from "@farmops/core/host/endWithLauncher"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { runHost } from "@farmops/core/host/runHost"
import { trustAuthority } from "@farmops/core/host/trustAuthority"
import { layerLog } from "@farmops/core/log/layerLog"
import { isLogLevel, logLevels } from "@farmops/core/log/logLevels"
import { Effect, Runtime, Schema } from "effect"
import { HttpServer } from "effect/http"
import { type VillageConfig, villageLayer } from "./layer.ts"

const usage = `Usage: farmops-village --db URL [--name NAME] [--port N] [--host ADDRESS] [--sync-seconds N]

Ranks the farms of those who register, from snapshots that each farm signs itself.

  --db URL                     sqlite:///absolute/path, sqlite://relative/path, a plain path, :memory: or
                               postgres://… (or the environment variable FARMOPS_DB)
  --name NAME                  shown on the village's page (or VILLAGE_NAME; default "Village")
  --port N                     where it listens (default 8080; 0 takes a free port)
  --host ADDRESS               on which address (default 127.0.0.1; 0.0.0.0 for everybody)
  --sync-seconds N             how often each farm is asked for its snapshot (default 60)
  --farmers-max N              how many farmers it takes (default 10000)
  --allow-private-addresses    call trackers on private networks although strangers can reach this village
  --ca FILE                    trust this authority too when farms are asked (or FARMOPS_CA)
  --log LEVEL                  debug, info, warn or error (default info)
  --version                    print the version and end
`

/** The command line leaves out something that nothing can stand in for, or says something that cannot be. */
class UsageFault extends Schema.TaggedError<UsageFault>()("UsageFault", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = exitCodes.usage
}

const readArguments = Effect.try({
  try: () =>
    parseArgs({
      args: process.argv.slice(2),
      options: {
        db: { type: "string" },
        name: { type: "string" },
        port: { type: "string" },
        host: { type: "string" },
        "sync-seconds": { type: "string" },
        "farmers-max": { type: "string" },
        "allow-private-addresses": { type: "boolean" },
        ca: { type: "string" },
        log: { type: "string" },
        version: { type: "boolean" },
        help: { type: "boolean", short: "h" }
      }
    }).values,
  catch: (error) =>
    new UsageFault({ message: `${error instanceof Error ? error.message : "bad arguments"} (see --help)` })
})

const wholeNumber = (flag: string, text: string, minimum: number, maximum: number) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= minimum && value <= maximum
    ? Effect.succeed(value)
    : Effect.fail(new UsageFault({ message: `${flag} takes a whole number from ${minimum} to ${maximum}` }))
}

const readConfig = Effect.fnUntraced(function* (flags: Effect.Success<typeof readArguments>) {
  const dbUrl = flags.db ?? process.env.FARMOPS_DB ?? ""
  if (dbUrl === "")
    return yield* new UsageFault({ message: "name the database with --db URL or FARMOPS_DB (see --help)" })
  const allowed = flags["allow-private-addresses"]
  const config: VillageConfig = {
    dbUrl,
    name: flags.name ?? process.env.VILLAGE_NAME ?? "Village",
    port: yield* wholeNumber("--port", flags.port ?? "8080", 0, 65_535),
    host: flags.host ?? "127.0.0.1",
    syncSeconds: yield* wholeNumber("--sync-seconds", flags["sync-seconds"] ?? "60", 1, 86_400),
    farmersMax: yield* wholeNumber("--farmers-max", flags["farmers-max"] ?? "10000", 1, 1_000_000),
    ...(allowed === undefined ? {} : { allowPrivateAddresses: allowed })
  }
  return config
})

const serve = (config: VillageConfig) =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const port = "port" in address ? address.port : config.port
    yield* Effect.logInfo("village serves").pipe(Effect.annotateLogs({ host: config.host, port }))
    return yield* Effect.never
  }).pipe(Effect.provide(villageLayer(config)))

const program = Effect.gen(function* () {
  const flags = yield* readArguments
  if (flags.help === true) return process.stdout.write(usage)
  if (flags.version === true) {
    const { version } = createRequire(import.meta.url)("../package.json") as { version: string }
    return process.stdout.write(`farmops-village ${version}\n`)
  }
  const level = flags.log ?? "info"
  if (!isLogLevel(level)) return yield* new UsageFault({ message: "--log takes debug, info, warn or error" })
  const config = yield* readConfig(flags)
  const ca = flags.ca ?? process.env.FARMOPS_CA ?? ""
  if (ca !== "") yield* trustAuthority(ca)
  return yield* Effect.provide(serve(config), layerLog({ format: "auto", level: logLevels[level] }))
})

endWithLauncher()

runHost("farmops-village", Effect.provide(program, NodeServices.layer), {
  debug: process.env.FARMOPS_DEBUG !== undefined
})
