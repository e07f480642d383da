/** Where the `farmops` process begins and ends: arguments in, one exit status out. */

import { createRequire } from "node:module"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { endWithLauncher } from "@farmops/core/host/endWithLauncher"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import { helpArguments, makeFarmopsCommand } from "./farmopsCommand.ts"

const { version } = createRequire(import.meta.url)("../package.json") as { version: string }
const args = helpArguments(process.argv.slice(2))
const json = args.includes("--json")

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim()

const writeError = (code: string, message: string) =>
  void process.stderr.write(json ? `${JSON.stringify({ error: { code, message } })}\n` : `farmops: ${message}\n`)

// Help that was asked for is data; help that somebody ran into is an error and must not end up in a pipe.
const presenter: CliOutput.Presenter = {
  present: (event) => {
    const path = "commandPath" in event ? event.commandPath.join(" ") : ""
    switch (event._tag) {
      case "InvalidInvocation":
        return Effect.sync(() =>
          writeError(
            "usage",
            `${oneLine(event.errors.map((error) => error.message).join("; "))} (see \`${path} --help\`)`
          )
        )
      case "Help":
        return event.reason === "Implicit" && event.commandPath.length > 1
          ? Effect.flatMap(CliOutput.Formatter, (formatter) => Console.error(formatter.formatHelpDoc(event.helpDoc)))
          : CliOutput.defaultPresenter.present(event)
      case "Version":
        return Console.log(json ? JSON.stringify({ version: event.version }) : `farmops ${event.version}`)
    }
  }
}

const exitCodeOf = (error: unknown): number => {
  if (CliError.isCliError(error)) {
    const implicit = error._tag === "ShowHelp" && error.errors.length === 0 && error.commandPath.length <= 1
    return implicit ? 0 : exitCodes.usage
  }
  const message = Predicate.hasProperty(error, "message") && Predicate.isString(error.message) ? error.message : null
  const known = Predicate.hasProperty(error, Runtime.errorExitCode)
  if (message !== null && Predicate.hasProperty(error, "_tag")) {
    const code =
      Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : String(error._tag)
    writeError(code, message)
    return known ? Runtime.getErrorExitCode(error) : exitCodes.software
  }
  writeError("bug", `this is a bug in farmops, please report it: ${message ?? "unknown failure"}`)
  if (process.env.FARMOPS_DEBUG !== undefined) process.stderr.write(`${Cause.pretty(Cause.die(error))}\n`)
  return exitCodes.software
}

// These run until they are told to stop; any other command that is stopped half-way did not do its work.
const runsOn =
  ["up", "--watch", "--source"].some((word) => args.includes(word)) ||
  (args.includes("harness") && args.includes("run"))

const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isSuccess(exit)) return onExit(0)
  if (Cause.hasInterruptsOnly(exit.cause)) return onExit(runsOn ? 0 : 130)
  return onExit(exitCodeOf(Cause.squash(exit.cause)))
}

// A reader that went away (`| head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 74))

endWithLauncher()

// The launcher passes on what a terminal also sends to us, so two signals at once are one wish. A later one means now.
const sameWishMs = 400
let askedAt: number | null = null
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143]
] as const) {
  process.on(signal, () => {
    if (askedAt !== null && performance.now() - askedAt > sameWishMs) process.exit(code)
    askedAt ??= performance.now()
  })
}

const program = Command.runWith(
  makeFarmopsCommand({
    cwd: process.cwd(),
    ownerToken: process.env.FARMOPS_OWNER_TOKEN,
    pluginToken: process.env.FARMOPS_PLUGIN_TOKEN,
    environment: process.env,
    version
  }),
  { version }
)(args).pipe(Effect.provide(Layer.merge(NodeServices.layer, CliOutput.layerPresenter(presenter))))

NodeRuntime.runMain(program, { disableErrorReporting: true, teardown })
