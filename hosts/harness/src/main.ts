/** `farmops-harness`: a harness as a process of its own. Reads arguments and environment; the rest is in layer.ts. */

import { createRequire } from "node:module"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { endWithLauncher } from "@farmops/core/host/endWithLauncher"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { runHost } from "@farmops/core/host/runHost"
import { trustAuthority } from "@farmops/core/host/trustAuthority"
import { isLogLevel } from "@farmops/core/log/logLevels"
import { Effect, Runtime, Schema } from "effect"
import { soundLine, summaryOf } from "./HarnessFile.ts"
import { HarnessSettings } from "./HarnessSettings.ts"
import { repositoriesOf } from "./harnessServices.ts"
import { runHarness } from "./runHarness.ts"

const usage = `Usage: farmops-harness run   --config FILE [--port N] [--host ADDRESS] [--log LEVEL]
       farmops-harness check --config FILE [--json]

Looks after the issues of GitHub repositories: asks an agent about each, and does what its owner allows.

  run              follow the repositories of FILE until SIGTERM; what is in hand then is finished, or taken up again
  check            read FILE, put environment variables in, and say whether it is sound
  --config FILE    the YAML file: identity, llm, polling, repos (see config.example.yaml)
  --port N         where /healthcheck, /healthcheck/ready and /metrics are (or FARMOPS_HARNESS_PORT; default 8446; 0: a free one)
  --host ADDRESS   on which address (or FARMOPS_HARNESS_HOST; default 127.0.0.1)
  --log LEVEL      debug, info, warn or error (or FARMOPS_LOG; default info)
  --ca FILE        trust this authority too (or FARMOPS_CA)
  --json           print the summary as JSON
  --version        print the version and end

FARMOPS_CONTAINER_SOCKET names the container engine's socket, for agents with an image. OTEL_EXPORTER_OTLP_ENDPOINT sends traces
of each triage there, and OTEL_SERVICE_NAME names this harness in them.
`

/** The command line was not understood. */
class UsageFault extends Schema.TaggedError<UsageFault>()("UsageFault", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = exitCodes.usage
}

const fault = (message: string) => new UsageFault({ message: `${message} (see --help)` })

const readArguments = Effect.try({
  try: () =>
    parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        config: { type: "string" },
        port: { type: "string" },
        host: { type: "string" },
        log: { type: "string" },
        ca: { type: "string" },
        json: { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean", short: "h" }
      }
    }),
  catch: (error) => fault(error instanceof Error ? error.message : "bad arguments")
})

type Flags = Effect.Success<typeof readArguments>["values"]

const check = Effect.fnUntraced(function* (file: string, json: boolean) {
  const checked = yield* Effect.provide(HarnessSettings, HarnessSettings.layer(file, process.env))
  return process.stdout.write(
    `${json ? JSON.stringify({ ok: true, ...summaryOf(checked) }) : soundLine(file, checked)}\n`
  )
})

const portOf = (text: string) => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port <= 65_535 ? Effect.succeed(port) : Effect.fail(fault("--port takes a port from 0 to 65535"))
}

const run = Effect.fnUntraced(function* (configFile: string, flags: Flags) {
  const level = flags.log ?? process.env.FARMOPS_LOG ?? "info"
  if (!isLogLevel(level)) return yield* fault("--log takes debug, info, warn or error")
  const port = yield* portOf(flags.port ?? process.env.FARMOPS_HARNESS_PORT ?? "8446")
  const host = flags.host ?? process.env.FARMOPS_HARNESS_HOST ?? "127.0.0.1"
  const ca = flags.ca ?? process.env.FARMOPS_CA ?? ""
  if (ca !== "") yield* trustAuthority(ca)
  const file = yield* Effect.provide(HarnessSettings, HarnessSettings.layer(configFile, process.env))
  const ready = (at: number) =>
    Effect.logInfo("harness runs").pipe(
      Effect.annotateLogs({ host, port: at, repositories: repositoriesOf(file).length })
    )
  return yield* runHarness(file, { host, port, level, environment: process.env }, ready)
})

const program = Effect.gen(function* () {
  const { positionals, values } = yield* readArguments
  if (values.help === true) return process.stdout.write(usage)
  if (values.version === true) {
    const { version } = createRequire(import.meta.url)("../package.json") as { version: string }
    return process.stdout.write(`farmops-harness ${version}\n`)
  }
  const [command, ...rest] = positionals
  if ((command !== "run" && command !== "check") || rest.length > 0) {
    const given = JSON.stringify(positionals.join(" "))
    return yield* fault(command === undefined ? "say run or check" : `there is no command ${given}`)
  }
  if (values.config === undefined) return yield* fault("--config FILE is missing")
  return command === "check" ? yield* check(values.config, values.json === true) : yield* run(values.config, values)
})

endWithLauncher()

runHost("farmops-harness", Effect.provide(program, NodeServices.layer), {
  debug: process.env.FARMOPS_DEBUG !== undefined
})
