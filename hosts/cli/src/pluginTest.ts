/** `farmops plugin test`: asks a plugin, in whatever language, everything that an agent relies on. Needs no farm. */
import { resolve } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { drawReport } from "@farmops/plugin-sdk/conformance/ConformanceReport"
import { readGoldenFolder } from "@farmops/plugin-sdk/conformance/goldenVerdict"
import type { TargetSpec } from "@farmops/plugin-sdk/conformance/openTarget"
import { runConformance } from "@farmops/plugin-sdk/conformance/runConformance"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { CommandFailed } from "./CommandFailed.ts"
import { Printer } from "./Printer.ts"
import { serveWasm } from "./serveWasm.ts"

const usage = (detail: string) =>
  new CommandFailed({ code: "usage", detail, cure: "See `farmops plugin test --help`.", exitCode: exitCodes.usage })

interface TargetOptions {
  readonly command: ReadonlyArray<string>
  readonly socket: Option.Option<string>
  /** A module's file. */
  readonly wasm: Option.Option<string>
  /** What the plugin on the socket expects; from the environment, since other users see a command line. */
  readonly token: string | undefined
  readonly cwd: string
}

const targetOf = Effect.fnUntraced(function* ({
  command,
  cwd,
  socket,
  token,
  wasm
}: TargetOptions): Effect.fn.Return<TargetSpec, CommandFailed, Scope.Scope> {
  const [program, ...args] = command
  const ways = [program !== undefined, Option.isSome(socket), Option.isSome(wasm)].filter((given) => given).length
  if (ways > 1) return yield* usage("a plugin is tested as a command, on a socket or as a module, not as two of them.")
  if (Option.isSome(socket)) return { _tag: "Socket", path: resolve(cwd, socket.value), token: token ?? null }
  if (Option.isSome(wasm)) {
    const served = yield* serveWasm(resolve(cwd, wasm.value)).pipe(
      Effect.mapError(
        ({ message }) =>
          new CommandFailed({
            code: "module_unusable",
            detail: `${message}.`,
            cure: null,
            exitCode: exitCodes.dataInvalid
          })
      )
    )
    return { _tag: "Socket", ...served }
  }
  if (program === undefined)
    return yield* usage("name the plugin's command after --, its --socket or its --wasm module.")
  return { _tag: "Program", command: program, args }
})

/** Prints the report. Exits with 65 where a check failed, 74 where a golden verdict cannot be read. */
export const pluginTest = Effect.fn("pluginTest")(function* (
  options: TargetOptions & { readonly golden: Option.Option<string> }
) {
  const printer = yield* Printer
  const target = yield* targetOf(options)
  const golden = Option.isNone(options.golden)
    ? []
    : yield* readGoldenFolder(resolve(options.cwd, options.golden.value)).pipe(
        Effect.mapError(
          ({ reason }) =>
            new CommandFailed({ code: "golden_unreadable", detail: `${reason}.`, cure: null, exitCode: exitCodes.io })
        )
      )
  const report = yield* runConformance(target, golden)
  if (printer.json) yield* printer.data(report)
  else for (const line of drawReport(report)) yield* printer.line(line)
  if (report.failed === 0) return
  const names = report.checks.filter(({ outcome }) => outcome === "failed").map(({ name }) => name)
  return yield* new CommandFailed({
    code: "not_conformant",
    detail: `${report.failed} of ${report.checks.length} checks failed: ${names.join(", ")}.`,
    cure: null,
    exitCode: exitCodes.dataInvalid
  })
}, Effect.scoped)
