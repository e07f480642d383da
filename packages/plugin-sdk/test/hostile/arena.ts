/** A hostile plugin beside an honest one under one runtime, and the means to see what became of both. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Exit, Fiber, Layer, Scope, SubscriptionRef } from "effect"
import { type Confinement, detectConfinement } from "../../src/runtime/confine/detectConfinement.ts"
import { allPids, readProcStat } from "../../src/runtime/confine/procStat.ts"
import { layerPluginRuntime } from "../../src/runtime/layerPluginRuntime.ts"
import { defaultRestart, defaultUnitLimits, type UnitLimits, type UnitSpec } from "../../src/runtime/PluginManifest.ts"
import { PluginRuntime, type PluginStatus } from "../../src/runtime/PluginRuntime.ts"
import { verdictToWork } from "../../src/runtime/verdictToWork.ts"
import { observation } from "../observation.ts"

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

export type Level = "process" | "permission" | "bubblewrap"

/** How the hostile plugin is run. */
export interface Setting {
  readonly level: Level
  readonly program?: "hostilePlugin.ts" | "hostileSession.ts"
  readonly temper?: string
  readonly limits?: Partial<UnitLimits>
  readonly crashBudget?: number
}

const unit = (
  id: string,
  args: ReadonlyArray<string>,
  { crashBudget = 0, level, limits }: Pick<Setting, "level" | "limits" | "crashBudget">
): UnitSpec => ({
  key: id,
  plugins: [
    { id, sources: null, secrets: {}, configuration: undefined, complain: (path, expected) => `${path} ${expected}` }
  ],
  program: {
    kind: "exec",
    command: process.execPath,
    args: ["--conditions=@farmops/source", ...args],
    digest: null,
    environment: {},
    readable: null,
    shared: false,
    confinement: level,
    requireConfinement: level
  },
  limits: { ...defaultUnitLimits, readyMsMax: 30_000, ...limits },
  restart: { ...defaultRestart, crashBudget, backOff: { firstMs: 10, maxMs: 20 } }
})

const isMarked = (pid: number, mark: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(mark) && readProcStat(pid)?.alive === true
  } catch {
    return false
  }
}

/** Processes that are alive and have the word in their command line. */
export const processesWith = (mark: string): number => allPids().filter((pid) => isMarked(pid, mark)).length

/** Waits for what must come. */
export const eventually = (condition: () => boolean) =>
  Effect.sleep("20 millis").pipe(Effect.repeat({ while: () => !condition() }), Effect.timeout("20 seconds"))

let arenas = 0

const open = Effect.fnUntraced(function* (setting: Setting) {
  const { program = "hostilePlugin.ts", temper = "" } = setting
  const mark = `hostile-${process.pid}-${arenas++}`
  const honest = unit("farmops/odd", [here("../servedOddPlugin.ts")], { level: "process" })
  const hostile = unit("farmops/hostile", [here(program), mark, temper], setting)
  const layer = layerPluginRuntime(Effect.succeed({ units: [honest, hostile], socketDirectory: null }))
  const { plugins, status } = yield* Effect.map(Layer.build(layer), (context) => Layer.succeedContext(context)).pipe(
    Effect.flatMap((built) => Effect.provide(PluginRuntime, built))
  )
  const statusOf = (id: string) =>
    Effect.map(SubscriptionRef.get(status), (rows): PluginStatus | undefined => rows.find((row) => row.id === id))
  const until = (id: string, wanted: (row: PluginStatus) => boolean) =>
    statusOf(id).pipe(
      Effect.tap(Effect.sleep("20 millis")),
      Effect.repeat({ until: (row) => row !== undefined && wanted(row) }),
      Effect.flatMap(() => statusOf(id)),
      Effect.timeout("50 seconds")
    )
  const isUp = ({ state }: PluginStatus) => state === "ready" || state === "degraded"
  yield* until("farmops/odd", isUp)
  yield* until("farmops/hostile", isUp)
  const found = yield* plugins
  const pick = (id: string) => found.filter((plugin) => plugin.id === id)
  const [good] = pick("farmops/odd")
  const [bad] = pick("farmops/hostile")
  if (good === undefined || bad === undefined) return yield* Effect.die(new Error("a plugin did not start"))

  const answers = { good: 0 }
  // For as long as the other one does its worst: any fault of the honest one fails the test.
  const neighbour = yield* good.verify(observation("work")).pipe(
    Effect.tap(() => Effect.sync(() => answers.good++)),
    Effect.andThen(Effect.sleep("20 millis")),
    Effect.forever,
    Effect.forkChild
  )

  const order = (todo: string, more: object = {}) => bad.verify(observation({ todo, ...more, host: "db-7.internal" }))
  return {
    mark,
    /** The code of the fault, or the verdict's reason. */
    outcome: (todo: string, more: object = {}) =>
      Effect.match(order(todo, more), {
        onSuccess: ({ reason, verdict }) => (reason === "" ? verdict : reason),
        onFailure: ({ code }) => code
      }),
    /** What an agent makes of the verdict; a leak is held against the plugin. */
    proved: Effect.fnUntraced(function* (todo: string) {
      const seen = observation({ todo, host: "db-7.internal" })
      const verdict = yield* bad.verify(seen)
      if (verdict.verdict !== "verified") return verdict.verdict
      const made = verdictToWork(bad, seen, verdict, "home-lab")
      if (made._tag === "Work") return "proved"
      yield* bad.blame("leak")
      return made.fault
    }),
    status: Effect.map(statusOf("farmops/hostile"), (row) => row as PluginStatus),
    until: (wanted: (row: PluginStatus) => boolean) => until("farmops/hostile", wanted),
    /** Fails unless the honest plugin has answered all along, and answers now. */
    neighbourIsWell: Effect.gen(function* () {
      const before = answers.good
      yield* Effect.raceFirst(
        eventually(() => answers.good > before + 2),
        Fiber.join(neighbour)
      )
      const row = yield* statusOf("farmops/odd")
      if (row?.state !== "ready" || row.starts !== 1) return yield* Effect.die(new Error(JSON.stringify(row)))
    })
  }
})

export type Arena = Effect.Success<ReturnType<typeof open>>

/** Runs the fight, then stops everything and fails if a process of the hostile plugin is left. */
export const fight = <A, E>(setting: Setting, body: (arena: Arena) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const exit = yield* Effect.exit(
      Scope.provide(
        Effect.flatMap(open(setting), (arena) =>
          body(arena).pipe(Effect.andThen(arena.neighbourIsWell), Effect.as(arena.mark))
        ),
        scope
      )
    )
    yield* Scope.close(scope, Exit.void)
    const mark = yield* exit
    yield* eventually(() => processesWith(mark) === 0)
  })

/** A server on this machine, and an agent's data folder with a key in it. */
export const world = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "world-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
  mkdirSync(join(folder, "data"), { mode: 0o700 })
  const key = join(folder, "data", "agent.key")
  writeFileSync(key, "secret", { mode: 0o600 })
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const made = createServer((socket) => socket.destroy())
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) => Effect.callback<void>((resume) => void made.close(() => resume(Effect.void)))
  )
  const address = server.address()
  return { folder, key, port: typeof address === "object" && address !== null ? address.port : 0 }
})

/** Why a level cannot be tried here, with the command that installs it; null where it can. */
export const lacking = (machine: Confinement, level: Level): string | null => {
  const lack = machine.missing.find((one) => one.level === level)
  return lack === undefined ? null : `${level}: ${lack.why}; ${lack.install ?? "nothing installs it"}`
}

export { detectConfinement }
