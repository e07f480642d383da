/** The runtime over a manifest: every plugin that it names, and every socket that appears in its folder. */
import { Effect, Exit, Layer, Scope, Semaphore } from "effect"
import { detectConfinement } from "./confine/detectConfinement.ts"
import { launcherOf } from "./launch/launcherOf.ts"
import { clearLeftDirectories } from "./launch/pluginDirectory.ts"
import type { StartFailed } from "./launch/UnitLaunch.ts"
import type { PluginManifest, SocketDirectory, UnitSpec } from "./PluginManifest.ts"
import { PluginRuntime, ReloadRefused } from "./PluginRuntime.ts"
import { makeAwayPlugins } from "./supervise/AwayPlugins.ts"
import { type ArrangeBoard, discoverSockets, socketKey } from "./supervise/discoverSockets.ts"
import { makePluginBoard } from "./supervise/PluginBoard.ts"
import { makePluginUnits } from "./supervise/PluginUnits.ts"
import { defaultPace, type Pace } from "./supervise/superviseUnit.ts"

const refusalOf = ({ plugins }: UnitSpec, { detail, plugin }: StartFailed) =>
  new ReloadRefused({ plugin: plugin ?? plugins.map(({ id }) => id).join(", "), reason: detail })

// A socket that is not there yet is awaited. Where another program goes on in its place, nobody would look for it again.
const isAwaited = ({ program }: UnitSpec, { reason }: StartFailed) =>
  program.kind === "socket" && reason === "not_ready"

const isFound = (key: string): boolean => key.startsWith(socketKey(""))

/**
 * `read` gives the manifest now and again at each reload: `loadPluginManifest` of a file, or a value. Does not wait for the
 * plugins: a host serves before they are ready, and one that does not start shows in the status. All of them stop with it.
 */
export const layerPluginRuntime = <E extends { readonly message: string }, R>(
  read: Effect.Effect<PluginManifest, E, R>,
  pace: Pace = defaultPace
): Layer.Layer<PluginRuntime, E, R> =>
  Layer.effect(
    PluginRuntime,
    Effect.gen(function* () {
      const context = yield* Effect.context<R>()
      const scope = yield* Scope.Scope
      const board = yield* makePluginBoard
      const units = yield* makePluginUnits(board, pace)
      // One change at a time. The plugins' own ends and starts are none.
      const lock = yield* Semaphore.make(1)
      const machine = yield* Effect.cached(detectConfinement)
      // Of the units that run, as the manifest last had them.
      const programs = new Map<string, UnitSpec["program"]>()
      let watched: { readonly directory: SocketDirectory; readonly scope: Scope.Closeable } | null = null

      let sockets: ReadonlyArray<string> = []
      const arrange: Effect.Effect<void> = Effect.gen(function* () {
        const served = new Set(units.keys().flatMap(units.ids))
        const rows = away.rows()
        for (const [id, row] of rows) {
          const shown = board.status.value.find((one) => one.id === id)
          if (!served.has(id) && (shown?.state !== "away" || shown.version !== row.version)) yield* board.show(id, row)
        }
        yield* board.arrange([...new Set([...served, ...rows.keys(), ...sockets])])
      })
      const away = yield* makeAwayPlugins(arrange)
      const arrangeSockets: ArrangeBoard = (rows) =>
        Effect.suspend(() => {
          sockets = rows
          return arrange
        })

      const watchSockets = Effect.fnUntraced(function* (directory: SocketDirectory | null) {
        if (JSON.stringify(watched?.directory ?? null) === JSON.stringify(directory)) return
        if (watched !== null) yield* Scope.close(watched.scope, Exit.void)
        watched = null
        if (directory === null) return
        const inner = yield* Scope.fork(scope)
        watched = { directory, scope: inner }
        yield* Scope.provide(discoverSockets(directory, units, away, board, arrangeSockets), inner)
      })

      const expect = ({ socketDirectory, units: named }: PluginManifest) =>
        away.follow(
          socketDirectory,
          named.flatMap(({ plugins }) => plugins.map(({ id }) => id))
        )

      const apply = Effect.fnUntraced(function* (manifest: PluginManifest) {
        const refusals: Array<ReloadRefused> = []
        const keep = new Set<string>()
        for (const spec of manifest.units) {
          for (const { id } of spec.plugins) {
            // What the manifest names is the manifest's, whoever came first.
            const found = units.keys().find((key) => isFound(key) && units.ids(key).includes(id))
            if (found === undefined) continue
            yield* away.leaving(id)
            yield* units.remove(found)
          }
          const launcher = launcherOf(spec, machine)
          const known = units.keys().includes(spec.key)
          const { failures, isIn } = known
            ? yield* units.replace(spec, launcher)
            : { failures: yield* Effect.flatten(units.add(spec, launcher)), isIn: true }
          const looksForIt = isIn || JSON.stringify(programs.get(spec.key)) === JSON.stringify(spec.program)
          if (isIn) programs.set(spec.key, spec.program)
          const refused = failures.filter((failure) => !(looksForIt && isAwaited(spec, failure)))
          refusals.push(...refused.map((failure) => refusalOf(spec, failure)))
          // Whoever served these ids before goes on doing so.
          if (refused.length > 0) for (const { id } of spec.plugins) keep.add(id)
        }
        // Before anything is taken away: what goes over to the folder is expected there.
        yield* expect(manifest)
        const wanted = new Set(manifest.units.map(({ key }) => key))
        for (const key of units.keys()) {
          if (wanted.has(key) || isFound(key)) continue
          if (units.ids(key).some((id) => keep.has(id))) continue
          yield* units.remove(key)
          programs.delete(key)
        }
        yield* watchSockets(manifest.socketDirectory)
        yield* arrange
        const [first] = refusals
        if (first !== undefined) return yield* first
      })

      yield* Effect.forkIn(clearLeftDirectories, scope)
      const first = yield* read
      for (const spec of first.units) {
        yield* units.add(spec, launcherOf(spec, machine))
        programs.set(spec.key, spec.program)
      }
      yield* expect(first)
      yield* watchSockets(first.socketDirectory)

      return PluginRuntime.of({
        plugins: Effect.sync(units.plugins),
        status: board.status,
        reload: Effect.provideContext(read, context).pipe(
          Effect.mapError(({ message }) => new ReloadRefused({ plugin: null, reason: message })),
          Effect.flatMap(apply),
          lock.withPermits(1)
        )
      })
    })
  )
