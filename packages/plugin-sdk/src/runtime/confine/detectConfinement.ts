/** What this machine can do to hold a plugin, found by doing it: a tool that is installed may still be forbidden. */
import { existsSync, realpathSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { runProcess } from "@farmops/core/process/runProcess"
import { Config, Effect } from "effect"
import type { ConfinementLevel } from "../PluginRuntime.ts"
import { bareSandbox } from "./bubblewrap.ts"

/** A level that cannot be reached here, why not, and the command that would change it where there is one. */
export interface MissingLevel {
  readonly level: "process" | "permission" | "bubblewrap"
  readonly why: string
  readonly install: string | null
}

/** The means that were found to work. Each is null or empty where its level is in `missing`. */
export interface Confinement {
  /** Strongest first. */
  readonly levels: ReadonlyArray<Extract<ConfinementLevel, MissingLevel["level"]>>
  readonly missing: ReadonlyArray<MissingLevel>
  /** The program, and the options of newer versions that it takes. */
  readonly bubblewrap: { readonly path: string; readonly options: ReadonlyArray<string> } | null
  readonly prlimit: string | null
  /** The Node that runs this process, and the options that turn its permission model on. */
  readonly node: { readonly path: string; readonly options: ReadonlyArray<string> } | null
}

// A probe starts a program that does nothing; a busy machine is slow at even that.
const probeMsMax = 5_000
const outputBytesMax = 4_096

// Tried in this order; the last one that fails too gives the reason.
const permissionOptions = [["--permission", "--allow-net"], ["--permission"]]
// Takes from the plugin the user namespaces in which most kernel holes of late were found. Since 0.8.
const sandboxOptions = [["--disable-userns"], []]

/** Where a program of that name is on the PATH; a name with a slash stands for itself. */
export const findProgram = Effect.fnUntraced(function* (name: string) {
  if (name.includes("/")) return existsSync(name) ? name : null
  const path = yield* Effect.orElseSucceed(Config.String("PATH"), () => "/usr/bin:/bin")
  return (
    path
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find((file) => existsSync(file)) ?? null
  )
})

const runs = (command: string, args: ReadonlyArray<string>) =>
  Effect.match(runProcess(command, args, { cwd: tmpdir(), timeoutMs: probeMsMax, outputBytesMax }), {
    onSuccess: ({ exitCode }) => exitCode === 0,
    onFailure: () => false
  })

const firstThatRuns = Effect.fnUntraced(function* (
  command: string,
  candidates: ReadonlyArray<ReadonlyArray<string>>,
  rest: ReadonlyArray<string>
) {
  for (const options of candidates) {
    if (yield* runs(command, [...options, ...rest])) return options
  }
  return null
})

/** The options that turn on the permission model of this Node; null where it has none. */
export const permissionOptionsOf = (node: string) => firstThatRuns(node, permissionOptions, ["-e", "0"])

const detectBubblewrap = Effect.gen(function* () {
  const path = yield* findProgram("bwrap")
  if (path === null) return "it is not installed"
  const options = yield* firstThatRuns(path, sandboxOptions, [...bareSandbox, "/usr/bin/true"])
  return options === null ? "this system lets no ordinary user make a namespace" : { path, options }
})

const detectPrlimit = Effect.gen(function* () {
  if (!existsSync("/proc/self/stat")) return "there is no /proc to watch processes in"
  const path = yield* findProgram("prlimit")
  if (path === null) return "prlimit is not installed"
  return (yield* runs(path, ["--core=0", "--", path, "--version"]))
    ? { path: realpathSync(path) }
    : "prlimit does not run"
})

const missing = (level: MissingLevel["level"], why: string, install: string | null): MissingLevel => ({
  level,
  why,
  install
})

/** Probes once; takes a tenth of a second. An agent does it when it starts and keeps the answer. */
export const detectConfinement: Effect.Effect<Confinement> = Effect.gen(function* () {
  const [bubblewrap, prlimit, options] = yield* Effect.all(
    [detectBubblewrap, detectPrlimit, permissionOptionsOf(process.execPath)],
    { concurrency: "unbounded" }
  )
  const lacks = [
    ...(typeof bubblewrap !== "string"
      ? []
      : [missing("bubblewrap", bubblewrap, bubblewrap.includes("installed") ? "apt-get install bubblewrap" : null)]),
    ...(options !== null
      ? []
      : [missing("permission", "this Node has no permission model", "install Node 22.13 or later")]),
    ...(typeof prlimit !== "string"
      ? []
      : [missing("process", prlimit, prlimit.includes("installed") ? "apt-get install util-linux" : null)])
  ]
  const reached = (level: MissingLevel["level"]) => !lacks.some((lack) => lack.level === level)
  return {
    levels: [
      ...(reached("bubblewrap") ? (["bubblewrap"] as const) : []),
      // The permission model comes on top of the limits of `process`.
      ...(reached("permission") && reached("process") ? (["permission"] as const) : []),
      ...(reached("process") ? (["process"] as const) : [])
    ],
    missing: lacks,
    bubblewrap: typeof bubblewrap === "string" ? null : bubblewrap,
    prlimit: typeof prlimit === "string" ? null : prlimit.path,
    node: options === null ? null : { path: realpathSync(process.execPath), options }
  }
}).pipe(Effect.withSpan("detectConfinement"))
