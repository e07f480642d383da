/** What this machine can do to hold a plugin, found by doing it: a tool that is installed may still be forbidden. */
import { existsSync, realpathSync } from "node:fs"
import { tmpdir } from "node:os"
import { runProcess } from "@farmops/core/process/runProcess"
import { Config, Effect } from "effect"
import { programPath } from "../launch/resolveProgram.ts"
import type { ConfinementLevel } from "../PluginRuntime.ts"
import { aroundRoot, bareSandbox } from "./bubblewrap.ts"

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
  /** The program with the options of newer versions that it takes, and with what has to come before it. */
  readonly bubblewrap: { readonly command: readonly [string, ...ReadonlyArray<string>] } | null
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
  return programPath(name, yield* Effect.orElseSucceed(Config.String("PATH"), () => "/usr/bin:/bin"))
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
  const isRoot = process.getuid?.() === 0
  const first = isRoot ? yield* findProgram("unshare") : path
  if (first === null) return "there is no unshare, which root needs for it"
  const before = isRoot ? [...aroundRoot, path] : []
  const candidates = sandboxOptions.map((options) => [...before, ...options])
  const options = yield* firstThatRuns(first, candidates, [...bareSandbox, "/usr/bin/true"])
  if (options === null) return "this system lets no ordinary user make a namespace"
  return { command: [first, ...options] } satisfies Confinement["bubblewrap"]
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
