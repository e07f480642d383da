/** The runtime over a manifest: every plugin that it names, and every socket that appears in its folder. */
import { Effect, Exit, Layer, Scope, Semaphore } from "effect"
import { detectConfinement } from "./confine/detectConfinement.ts"
import { launcherOf } from "./launch/launcherOf.ts"
import type { StartFailed } from "./launch/UnitLaunch.ts"
import type { PluginManifest, SocketDirectory, UnitSpec } from "./PluginManifest.ts"
import { PluginRuntime, ReloadRefused } from "./PluginRuntime.ts"
import { type ArrangeBoard, discoverSockets, socketKey } from "./supervise/discoverSockets.ts"
import { makePluginBoard } from "./supervise/PluginBoard.ts"
import { makePluginUnits } from "./supervise/PluginUnits.ts"
import { defaultPace, type Pace } from "./supervise/superviseUnit.ts"

const refusalOf = ({ plugins }: UnitSpec, { detail, plugin }: StartFailed) =>
  new ReloadRefused({ plugin: plugin ?? plugins.map(({ id }) => id).join(", "), reason: detail })

// A socket that is not there yet is awaited, in a fresh manifest as in an old one.
const isRefusal = ({ program }: UnitSpec, { reason }: StartFailed) =>
  program.kind !== "socket" || reason !== "not_ready"

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
      let watched: { readonly directory: SocketDirectory; readonly scope: Scope.Closeable } | null = null

      let sockets: ReadonlyArray<string> = []
      const arrange = Effect.suspend(() => board.arrange([...units.keys().flatMap(units.ids), ...sockets]))
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
        yield* Scope.provide(discoverSockets(directory, units, board, arrangeSockets), inner)
      })

      const apply = Effect.fnUntraced(function* (manifest: PluginManifest) {
        const refusals: Array<ReloadRefused> = []
        const keep = new Set<string>()
        for (const spec of manifest.units) {
          for (const { id } of spec.plugins) {
            // What the manifest names is the manifest's, whoever came first.
            const found = units.keys().find((key) => isFound(key) && units.ids(key).includes(id))
            if (found !== undefined) yield* units.remove(found)
          }
          const launcher = launcherOf(spec, machine)
          const known = units.keys().includes(spec.key)
          const failures = known
            ? yield* units.replace(spec, launcher)
            : yield* Effect.flatten(units.add(spec, launcher))
          const refused = failures.filter((failure) => isRefusal(spec, failure))
          refusals.push(...refused.map((failure) => refusalOf(spec, failure)))
          // Whoever served these ids before goes on doing so.
          if (refused.length > 0) for (const { id } of spec.plugins) keep.add(id)
        }
        const wanted = new Set(manifest.units.map(({ key }) => key))
        for (const key of units.keys()) {
          if (wanted.has(key) || isFound(key)) continue
          if (!units.ids(key).some((id) => keep.has(id))) yield* units.remove(key)
        }
        yield* watchSockets(manifest.socketDirectory)
        yield* arrange
        const [first] = refusals
        if (first !== undefined) return yield* first
      })

      const first = yield* read
      for (const spec of first.units) yield* units.add(spec, launcherOf(spec, machine))
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
