/** Starts a unit as a process: its program is the one that was meant, it is held as far as this machine can, and it is watched. */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { startProcess } from "@farmops/core/process/startProcess"
import { Config, Effect, Option, Redacted, type Scope } from "effect"
import {
  idsVariable,
  socketDirectoryVariable,
  socketFileOf,
  socketVariable,
  tokenVariable
} from "../../contract/environment.ts"
import { confineLaunch } from "../confine/confineLaunch.ts"
import type { Confinement } from "../confine/detectConfinement.ts"
import { folderBytesMax } from "../confine/folderUsage.ts"
import {
  exceededBy,
  type GuardLimits,
  guardProcess,
  type LimitExceeded,
  type ProcessGuard
} from "../confine/guardProcess.ts"
import { terminateConfined } from "../confine/terminate.ts"
import type { UnitProgram, UnitSettings } from "../PluginManifest.ts"
import { askOverSocket } from "./askOverSocket.ts"
import { logOutput } from "./logOutput.ts"
import { childEnded, stopChild } from "./pluginChild.ts"
import { pluginDirectory } from "./pluginDirectory.ts"
import { fileDigest } from "./programDigest.ts"
import { resolveProgram } from "./resolveProgram.ts"
import { type StartFailed, startFailed, type UnitEnd, type UnitLauncher } from "./UnitLaunch.ts"

type ExecProgram = Extract<UnitProgram, { readonly kind: "exec" }>

const failed = startFailed(null)
const mib = 1024 * 1024

// Weakest first.
const ranks: ReadonlyArray<string> = ["none", "process", "permission", "bubblewrap"]

/** The program as it is to be started, and its digest: what is looked up once cannot be two files. */
const findProgram = Effect.fnUntraced(function* ({ args, command, digest, environment }: ExecProgram) {
  const path = environment.PATH ?? Option.getOrElse(yield* Effect.option(Config.String("PATH")), () => "/usr/bin:/bin")
  const program = resolveProgram(command, args, path)
  if (program === null) return yield* failed("not_ready", "its program was not found")
  const found = program.file === null ? null : yield* fileDigest(program.file)
  if (digest === null || digest === found) return { command: program.command, args: program.args, digest: found }
  return yield* failed(
    "digest_mismatch",
    found === null ? "its program cannot be read" : `its program's SHA-256 is ${found}`
  )
})

/** Where it listens, and how it learns of it. */
const addresses = ({ plugins }: UnitSettings, { shared }: ExecProgram, directory: string) => {
  const socket = join(directory, "plugin.sock")
  if (!shared) {
    return { sockets: plugins.map(({ id }) => ({ id, socket })), environment: { [socketVariable]: socket } }
  }
  return {
    sockets: plugins.map(({ id }) => ({ id, socket: join(directory, socketFileOf(id)) })),
    environment: { [socketDirectoryVariable]: directory, [idsVariable]: plugins.map(({ id }) => id).join(",") }
  }
}

const confine = Effect.fnUntraced(function* (
  { limits }: UnitSettings,
  { args, command, confinement, readable, requireConfinement }: ExecProgram,
  machine: Confinement,
  env: Readonly<Record<string, string>>,
  directory: string
) {
  const confined = yield* confineLaunch(
    { command, args, env, cwd: directory, socketDirectory: directory },
    {
      machine,
      wanted: confinement,
      ...(readable !== null && readable !== undefined && { readable }),
      limits: {
        openFiles: limits.openFilesMax,
        processes: limits.processesMax,
        memoryBytes: limits.memoryMibMax * mib
      }
    }
  ).pipe(Effect.mapError(({ message }) => failed("not_confined", message)))
  if (requireConfinement !== null && ranks.indexOf(confined.level) < ranks.indexOf(requireConfinement)) {
    const lacks = machine.missing.map(({ level, why }) => `${level}: ${why}`).join("; ")
    const why = lacks === "" ? "its program, its arguments or its environment do not allow more" : lacks
    return yield* failed("not_confined", `only ${confined.level} is reached, not ${requireConfinement} (${why})`)
  }
  return confined
})

const endedBy = ({ limit, message }: LimitExceeded): UnitEnd => ({
  code: `${limit === "processes" ? "process" : limit}_limit`,
  detail: message
})

const endOf = (child: ChildProcess, guard: ProcessGuard, limits: GuardLimits): Effect.Effect<UnitEnd> => {
  const ended = Effect.map(childEnded(child), (detail): UnitEnd => {
    // What the guard kills may be seen to have ended before the guard has said so.
    const usage = guard.usage()
    const over = usage === null ? null : exceededBy(usage, limits)
    return over === null ? { code: "crashed", detail } : endedBy(over)
  })
  return Effect.raceFirst(Effect.map(guard.exceeded, endedBy), ended)
}

/** Each start has a new folder of mode 0700, a new socket in it and a new token. */
export const processLauncher = (
  spec: UnitSettings,
  program: ExecProgram,
  machine: Effect.Effect<Confinement>
): UnitLauncher => ({
  obtained: "exec",
  confinement: "none",
  isWatched: true,
  launch: Effect.gen(function* () {
    const { digest, ...found } = yield* findProgram(program)
    const directory = yield* pluginDirectory(spec.key)
    const token = randomBytes(32).toString("hex")
    const { environment, sockets } = addresses(spec, program, directory)
    const env = { HOME: directory, ...program.environment, ...environment, [tokenVariable]: token }
    const held = yield* confine(spec, { ...program, ...found }, yield* machine, env, directory)
    // Standard input is a pipe that the kernel closes when this process ends, however it ends: the plugin then stops.
    const start = startProcess(held.command, held.args, { cwd: directory, env: held.env, stdin: true })
    const child = yield* Effect.mapError(start, ({ message }) => failed("not_ready", message))
    const { pid } = child
    child.on("error", () => undefined)
    child.stdin?.on("error", () => undefined)
    if (pid === undefined) return yield* failed("not_ready", yield* childEnded(child))
    const watched: { -readonly [K in keyof GuardLimits]: GuardLimits[K] } = {
      memoryBytes: spec.limits.memoryMibMax * mib,
      cpuPercent: spec.limits.cpuPercentMax,
      processes: spec.limits.processesMax,
      diskBytes: folderBytesMax
    }
    const guard = yield* guardProcess({ pid, marker: `${tokenVariable}=${token}`, folder: directory, limits: watched })
    const { stopMsMax } = spec.limits
    yield* Effect.addFinalizer(() => stopChild(child, stopMsMax, () => terminateConfined(pid, held.level)))
    if (child.stdout !== null) yield* Effect.forkScoped(logOutput(spec.key, "stdout", child.stdout))
    if (child.stderr !== null) yield* Effect.forkScoped(logOutput(spec.key, "stderr", child.stderr))
    const asked = yield* Effect.forEach(sockets, ({ id, socket }) =>
      Effect.map(
        askOverSocket({
          id,
          isOurs: true,
          socket,
          token: Redacted.make(token, { label: "plugin token" }),
          ...spec.limits
        }),
        (one) => [id, one] as const
      )
    )
    return {
      asked: new Map(asked),
      confinement: held.level,
      digest,
      pid,
      rssBytes: () => guard.usage()?.rssBytes ?? null,
      lower: ({ cpuPercent, memoryMib }: { readonly cpuPercent: number; readonly memoryMib: number }) => {
        watched.memoryBytes = memoryMib * mib
        watched.cpuPercent = cpuPercent
      },
      ended: endOf(child, guard, watched)
    }
  }) satisfies Effect.Effect<unknown, StartFailed, Scope.Scope>
})
