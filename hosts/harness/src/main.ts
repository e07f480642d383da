/** `farmops-harness`: for now it checks a configuration and says that it does no more. */

import { createRequire } from "node:module"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { runHost } from "@farmops/core/host/runHost"
import { Effect, Runtime, Schema } from "effect"
import { summaryOf } from "./HarnessFile.ts"
import { HarnessSettings } from "./layer.ts"

const usage = `Usage: farmops-harness check --config FILE [--json]

Checks a harness configuration. Acting on repositories is not part of this version.

  check            read FILE, put environment variables in, and say whether it is sound
  --config FILE    the YAML file: identity, llm, polling, repos (see README)
  --json           print the summary as JSON
  --version        print the version and end
`

/** The command line was not understood. */
class UsageFault extends Schema.TaggedError<UsageFault>()("UsageFault", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = exitCodes.usage
}

/** Somebody asked for what this version does not do. */
class NotInThisVersion extends Schema.TaggedError<NotInThisVersion>()("NotInThisVersion", {}) {
  override get message() {
    return "acting on repositories is not part of this version; `farmops-harness check --config FILE` checks a configuration"
  }
  override readonly [Runtime.errorExitCode] = exitCodes.unavailable
}

const readArguments = Effect.try({
  try: () =>
    parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        config: { type: "string" },
        json: { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean", short: "h" }
      }
    }),
  catch: (error) =>
    new UsageFault({ message: `${error instanceof Error ? error.message : "bad arguments"} (see --help)` })
})

const check = Effect.fnUntraced(function* (file: string, json: boolean) {
  const summary = summaryOf(yield* Effect.provide(HarnessSettings, HarnessSettings.layer(file, process.env)))
  if (json) return process.stdout.write(`${JSON.stringify({ ok: true, ...summary })}\n`)
  const repos = summary.repos.length === 1 ? "1 repository" : `${summary.repos.length} repositories`
  return process.stdout.write(
    `${file} is sound: ${repos} (${summary.repos.join(", ")}) as ${summary.github_user}, ${summary.llm}, every ${summary.interval_seconds} s\n`
  )
})

const program = Effect.gen(function* () {
  const { positionals, values } = yield* readArguments
  if (values.help === true) return process.stdout.write(usage)
  if (values.version === true) {
    const { version } = createRequire(import.meta.url)("../package.json") as { version: string }
    return process.stdout.write(`farmops-harness ${version}\n`)
  }
  const [command, ...rest] = positionals
  if (command === undefined) return yield* new NotInThisVersion()
  if (command !== "check" || rest.length > 0) {
    return yield* new UsageFault({
      message: `there is no command ${JSON.stringify(positionals.join(" "))} (see --help)`
    })
  }
  if (values.config === undefined) return yield* new UsageFault({ message: "--config FILE is missing (see --help)" })
  return yield* check(values.config, values.json === true)
})

runHost("farmops-harness", Effect.provide(program, NodeServices.layer), {
  debug: process.env.FARMOPS_DEBUG !== undefined
})
