/**
 * Turns a command into the same command held by what this machine has. The level in the answer is the one that is reached:
 * nothing weaker is ever called by a stronger name.
 */
import { realpathSync } from "node:fs"
import { basename } from "node:path"
import { Effect, Schema } from "effect"
import type { ConfinementLevel } from "../PluginRuntime.ts"
import { sandbox } from "./bubblewrap.ts"
import { type Confinement, findProgram, permissionOptionsOf } from "./detectConfinement.ts"
import { keepsPermission } from "./keepsPermission.ts"
import { programFiles } from "./programFiles.ts"
import { type ResourceLimits, resourceLimits } from "./resourceLimits.ts"

export type { ResourceLimits } from "./resourceLimits.ts"

/** A program as it would be started without us. */
export interface Launch {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** The one folder that the program may write in. */
  readonly socketDirectory: string
}

/** The same program, held. To be started with exactly this environment besides PATH, HOME and LANG, and in the same `cwd`. */
export interface ConfinedLaunch {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly level: ConfinementLevel
}

/** How much the operator asks for; `auto` is the most that the program and the machine allow. */
export type WantedConfinement = "auto" | "process" | "permission" | "bubblewrap"

/** How a program is to be held. */
export interface ConfineOptions {
  readonly machine: Confinement
  readonly wanted: WantedConfinement
  readonly limits: ResourceLimits
  /** Files and folders that it may read besides the system's. Without them, what {@link programFiles} finds. */
  readonly readable?: ReadonlyArray<string>
}

/** The level that was asked for cannot be reached here. Nothing was started. */
export class ConfinementUnavailable extends Schema.TaggedError<ConfinementUnavailable>()("ConfinementUnavailable", {
  wanted: Schema.Literals(["process", "permission", "bubblewrap"]),
  why: Schema.String,
  install: Schema.NullOr(Schema.String)
}) {
  override get message() {
    return `confinement "${this.wanted}" is not available: ${this.why}${this.install === null ? "" : ` (${this.install})`}`
  }
}

// What a program is called by says nothing sure about it, so this only chooses whom to ask.
const looksLikeNode = (program: string): boolean => /^node(js)?$/.test(basename(program))

const permissionOf = (machine: Confinement, program: string): Effect.Effect<ReadonlyArray<string> | null> => {
  if (!looksLikeNode(program)) return Effect.succeed(null)
  return machine.node?.path === program ? Effect.succeed(machine.node.options) : permissionOptionsOf(program)
}

const levelsOf = Effect.fnUntraced(function* (machine: Confinement, program: string, { args, env }: Launch) {
  const options = machine.levels.includes("permission") ? yield* permissionOf(machine, program) : null
  const isKept = keepsPermission(args, env)
  const levels = machine.levels.filter((level) => level !== "permission" || (options !== null && isKept))
  return { levels, options, isKept }
})

const whyNot = (machine: Confinement, wanted: Exclude<WantedConfinement, "auto">, isKept: boolean) =>
  new ConfinementUnavailable({
    wanted,
    ...(machine.missing.find(({ level }) => level === wanted) ??
      machine.missing.find(({ level }) => level === "process") ?? {
        why: isKept
          ? "its program is no Node that has a permission model"
          : "its arguments or its environment may widen Node's permission model",
        install: null
      })
  })

/** Holds a program. A program that is not there is left to whoever starts it to complain about. */
export const confineLaunch = Effect.fn("confineLaunch")(function* (
  launch: Launch,
  { limits, machine, readable, wanted }: ConfineOptions
): Effect.fn.Return<ConfinedLaunch, ConfinementUnavailable> {
  const found = yield* findProgram(launch.command)
  const program = found === null ? null : realpathSync(found)
  const { isKept, levels, options } = yield* levelsOf(machine, program ?? launch.command, launch)
  if (wanted !== "auto" && !levels.includes(wanted)) return yield* whyNot(machine, wanted, isKept)
  const level = wanted === "auto" ? (levels[0] ?? "none") : wanted
  if (program === null || found === null || level === "none") return { ...launch, level: "none" }

  const files = programFiles(found, launch.args, readable)
  const limited = machine.prlimit === null ? [] : [machine.prlimit, ...resourceLimits(limits, level), "--"]
  const { args, env, socketDirectory } = launch
  if (level === "bubblewrap" && machine.bubblewrap !== null) {
    const [command, ...before] = machine.bubblewrap.command
    const inside = sandbox([...files, ...limited.slice(0, 1)], socketDirectory, launch.cwd, env.PATH ?? "/usr/bin:/bin")
    return { command, args: [...before, ...inside, ...limited, found, ...args], env, level }
  }
  const permission =
    level !== "permission" || options === null
      ? []
      : [
          ...options,
          ...[...files, socketDirectory].map((path) => `--allow-fs-read=${path}`),
          `--allow-fs-write=${socketDirectory}`
        ]
  const [command = found, ...rest] = [...limited, found, ...permission, ...args]
  return { command, args: rest, env, level }
})
