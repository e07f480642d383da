/** `farmops plugin dev`: plays observations to a plugin and shows all that happens, down to the record that would leave the cluster. */
import { watch } from "node:fs"
import { resolve } from "node:path"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect, Queue } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { openDevPlugin } from "./dev/DevPlugin.ts"
import { playLive } from "./dev/playLive.ts"
import { drawPlayed, layerRehearsal, makePlayer, type Played } from "./dev/playObservation.ts"
import { playOf, type Recorded, readRecorded } from "./dev/recordedObservations.ts"
import { Printer } from "./Printer.ts"

/** Recorded observations, or a source of an agent's file to watch: one of the two. */
interface DevOptions {
  readonly observations: ReadonlyArray<string>
  readonly config: string | null
  readonly source: string | null
  readonly count: number | null
  readonly command: ReadonlyArray<string>
  readonly watch: boolean
  readonly cwd: string
  readonly environment: Environment
}

const usage = (code: string, detail: string, cure: string) =>
  new CommandFailed({ code, detail, cure, exitCode: exitCodes.usage })

const showPlayed = (played: Played) =>
  Effect.flatMap(Printer, (printer) =>
    printer.json ? printer.data(played) : Effect.forEach(drawPlayed(played), printer.line, { discard: true })
  )

const playAll = Effect.fnUntraced(function* (recorded: ReadonlyArray<Recorded>, command: DevOptions["command"]) {
  const printer = yield* Printer
  const plugin = yield* openDevPlugin(command)
  const { description } = plugin
  if (!printer.json) yield* printer.line(`${description.plugin_id} ${description.version}`)
  const sources = new Map(description.sources.map(({ fields, source_type }) => [source_type, fields]))
  const play = makePlayer({ plugin, sources, clusterAlias: "cluster" })
  for (const [at, one] of recorded.entries()) {
    yield* plugin.configure(one.recorded.configuration)
    yield* showPlayed(yield* play(yield* playOf(one, at)))
  }
}, Effect.scoped)

// An editor writes a file in several steps; one run for all of them.
const settleMs = 200

/** A word for each time that something below the folder changed. Folders that tools write to are passed over. */
const changes = (folder: string) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const queue = yield* Queue.sliding<void>(1)
      const watcher = watch(folder, { recursive: true }, (_, file) => {
        if (!/(^|\/)(node_modules|\.git|__pycache__)(\/|$)/.test(file ?? "")) Queue.offerUnsafe(queue, undefined)
      })
      return { queue, watcher }
    }),
    ({ watcher }) => Effect.sync(() => watcher.close())
  )

const devRecorded = Effect.fnUntraced(function* (options: DevOptions) {
  const printer = yield* Printer
  const read = readRecorded(options.observations, options.cwd)
  // Files may change between two runs; what came in on standard input is gone.
  const recorded = options.observations.includes("-") ? Effect.succeed(yield* read) : read
  const once = Effect.flatMap(recorded, (all) => Effect.provide(playAll(all, options.command), layerRehearsal))
  if (!options.watch) return yield* once
  const { queue } = yield* changes(options.cwd)
  for (;;) {
    yield* Effect.catchTag(once, "CommandFailed", ({ message }) => printer.note(message))
    yield* printer.note("waiting for a change, Ctrl-C to stop")
    yield* Queue.take(queue)
    yield* Effect.sleep(settleMs)
  }
}, Effect.scoped)

const example = "farmops plugin dev --config agent.yaml --source NAME -- node src/main.ts"

/** Runs `plugin dev`. The observations are one story: what the plugin remembers of a subject is there for the next one of it. */
export const devPlugin = Effect.fn("devPlugin")(function* (options: DevOptions) {
  const printer = yield* Printer
  const { command, config, count, cwd, environment, observations, source } = options
  if (command.length === 0) {
    const cure = "Put it last: farmops plugin dev --observation FILE -- node src/main.ts"
    return yield* usage("no_command", "the plugin's program is missing.", cure)
  }
  if ((config === null) !== (source === null)) {
    return yield* usage("half_a_source", "--config and --source belong together.", `Say both: ${example}`)
  }
  if ((source === null) === (observations.length === 0)) {
    return yield* usage(
      "no_observations",
      "either --observation or --config with --source is expected.",
      `Live: ${example}`
    )
  }
  if (config === null || source === null) {
    if (count !== null)
      return yield* usage("count_of_live", "--count is for a source that is watched.", `Live: ${example}`)
    return yield* devRecorded(options)
  }
  if (options.watch) {
    return yield* usage(
      "watch_of_recorded",
      "--watch is for recorded observations.",
      "Leave it out: a source is watched anyway."
    )
  }
  const live = { config: resolve(cwd, config), source, count, command, environment }
  const show = (played: Played) => Effect.provideService(showPlayed(played), Printer, printer)
  yield* Effect.provide(playLive(live, show), layerRehearsal)
})
