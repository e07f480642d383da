/** `farmops-agent`: one agent as a process of its own. The file says what to watch; flags win over the file. */

import { dirname, resolve } from "node:path"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { loadYamlConfig } from "@farmops/core/config/loadYamlConfig"
import { endWithLauncher } from "@farmops/core/host/endWithLauncher"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { runHost } from "@farmops/core/host/runHost"
import { layerLog } from "@farmops/core/log/layerLog"
import { isLogLevel, logLevels } from "@farmops/core/log/logLevels"
import { Effect, Runtime, Schema } from "effect"
import { AgentFile, hooksDefault } from "./AgentConfig.ts"
import { readTrackerAccess } from "./readTrackerAccess.ts"

const usage = `Usage: farmops-agent --config agent.yaml [--tracker-url URL] [--data DIR] [--port N] [--host ADDRESS]

Watches a source, runs the plugin and signs proofs. Waits until the tracker's owner approves it.

  --config FILE      what to watch (see README)
  --tracker-url URL  where proofs go; wins over tracker.url of the file
  --data DIR         key, log and salt (default: data of the file, else ./.farmops-agent)
  --port N           the agent's own API (default: api.port of the file, else 8444)
  --host ADDRESS     where that API listens (default: api.host of the file, else 127.0.0.1)
  --forget-observations
                     go on without what waited, where the key to it is lost
  --log LEVEL        debug, info, warn or error (default info)
`

/** The command line or the file leaves out something that nothing can stand in for. */
class UsageFault extends Schema.TaggedError<UsageFault>()("UsageFault", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = exitCodes.usage
}

const readArguments = Effect.try({
  try: () =>
    parseArgs({
      args: process.argv.slice(2),
      options: {
        config: { type: "string" },
        "tracker-url": { type: "string" },
        data: { type: "string" },
        port: { type: "string" },
        host: { type: "string" },
        "forget-observations": { type: "boolean" },
        log: { type: "string" },
        help: { type: "boolean", short: "h" }
      }
    }).values,
  catch: (error) =>
    new UsageFault({ message: `${error instanceof Error ? error.message : "bad arguments"} (see --help)` })
})

const portOf = (text: string | undefined, fallback: number) => {
  const port = Number(text ?? fallback)
  return (text === undefined || /^\d+$/.test(text)) && port <= 65_535
    ? Effect.succeed(port)
    : Effect.fail(new UsageFault({ message: "--port takes a number from 0 to 65535" }))
}

const trackerOf = (text: string | undefined) =>
  text !== undefined && /^https?:\/\/[^\s]+$/.test(text)
    ? Effect.succeed(text.replace(/\/+$/, ""))
    : Effect.fail(
        new UsageFault({
          message: "name the tracker with --tracker-url URL (http or https) or with tracker.url in the file"
        })
      )

const program = Effect.gen(function* () {
  const flags = yield* readArguments
  if (flags.help === true) return process.stdout.write(usage)
  if (flags.config === undefined) return yield* new UsageFault({ message: "--config FILE is missing (see --help)" })
  const level = flags.log ?? "info"
  if (!isLogLevel(level)) return yield* new UsageFault({ message: "--log takes debug, info, warn or error" })
  const file = yield* loadYamlConfig(flags.config, AgentFile, process.env)
  const trackerUrl = yield* trackerOf(flags["tracker-url"] ?? file.tracker?.url)
  const port = yield* portOf(flags.port, file.api?.port ?? 8444)
  if (file.repository === undefined && (file.sources ?? []).length === 0) {
    return yield* new UsageFault({
      message: `${flags.config} names nothing to watch: repository or sources is missing`
    })
  }
  // Paths in the file are relative to it, so that it means the same from wherever the agent is started.
  const beside = (path: string) => resolve(dirname(flags.config ?? "."), path)
  const dataDir = flags.data ?? (file.data === undefined ? ".farmops-agent" : beside(file.data))
  const trackerAccess = yield* readTrackerAccess(file.tracker, trackerUrl, beside)
  // A wrong argument is answered before anything heavy is loaded.
  const { runAgent } = yield* Effect.promise(() => import("./runAgent.ts"))
  const { max, window_days } = file.observations ?? {}
  const { host_names, ...hooks } = file.hooks ?? {}
  yield* runAgent(
    {
      dataDir,
      trackerUrl,
      trackerAccess,
      clusterAlias: file.cluster_alias ?? "local",
      recoveryPublicKey: file.recovery_public_key ?? null,
      host: flags.host ?? file.api?.host ?? "127.0.0.1",
      port,
      forgetObservations: flags["forget-observations"] ?? false,
      hooks: { ...hooksDefault, ...hooks, ...(host_names && { hostNames: host_names }) },
      observations: { ...(window_days && { windowDays: window_days }), ...(max && { max }) },
      ...(file.outbox_max && { outboxMax: file.outbox_max })
    },
    { file, folder: resolve(dirname(flags.config)), environment: process.env }
  ).pipe(Effect.provide(layerLog({ format: "auto", level: logLevels[level] })))
})

endWithLauncher()

runHost("farmops-agent", Effect.provide(program, NodeServices.layer), {
  debug: process.env.FARMOPS_DEBUG !== undefined
})
