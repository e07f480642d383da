/** Makes a unit of each socket that appears in the manifest's folder, and takes it away with the socket. */
import { backOffMs } from "@farmops/core/http/backOff"
import { Effect, Exit, Random, Redacted, Result, Scope, Semaphore } from "effect"
import type { PluginDescription } from "../../contract/Verdict.ts"
import { askOverSocket } from "../launch/askOverSocket.ts"
import { socketLauncher } from "../launch/connectSocket.ts"
import { effectiveSources } from "../launch/effectiveSources.ts"
import { startFailed } from "../launch/UnitLaunch.ts"
import {
  defaultRestart,
  defaultUnitLimits,
  type PluginSettings,
  type SocketDirectory,
  type UnitSettings
} from "../PluginManifest.ts"
import { type AwayPlugins, unseenRow } from "./AwayPlugins.ts"
import type { PluginBoard } from "./PluginBoard.ts"
import type { PluginUnits } from "./PluginUnits.ts"
import { watchSocketDirectory } from "./watchSocketDirectory.ts"

// How soon it is seen that an id has become free: nothing else tells.
const lookEveryMs = 1_000

const settingsOf = (id: string, { sources }: SocketDirectory): PluginSettings => ({
  // The manifest says nothing of this one plugin: it gets no Secret and no configuration.
  ...{ id, sources, secrets: {}, configuration: undefined },
  complain: (_, expected) => expected
})

const specOf = (key: string, settings: PluginSettings): UnitSettings => ({
  key,
  plugins: [settings],
  limits: defaultUnitLimits,
  restart: { ...defaultRestart, crashBudget: Number.POSITIVE_INFINITY }
})

/** Until its plugin has said its id, a socket's row has this one. */
export const socketKey = (name: string): string => `socket:${name}`

/** Puts the board in order. `sockets` are the rows of those that have not said their ids, or that are not used. */
export type ArrangeBoard = (sockets: ReadonlyArray<string>) => Effect.Effect<void>

/** Watches until the scope closes, and then takes away all that it added. */
export const discoverSockets = Effect.fnUntraced(function* (
  directory: SocketDirectory,
  units: PluginUnits,
  away: AwayPlugins,
  board: PluginBoard,
  arrangeBoard: ArrangeBoard
): Effect.fn.Return<void, never, Scope.Scope> {
  const open = new Map<string, Scope.Closeable>()
  const nameless = new Set<string>()
  const arrange = Effect.suspend(() => arrangeBoard([...nameless]))
  // One permit: two sockets that say the same id at once would otherwise both find it free.
  const adding = yield* Semaphore.make(1)

  const ask = (path: string) =>
    Effect.gen(function* () {
      const token = Redacted.make(directory.token, { label: "plugin token" })
      const asked = yield* askOverSocket({ id: path, socket: path, token, ...defaultUnitLimits })
      return yield* asked.describe
    }).pipe(
      Effect.timeoutOrElse({
        duration: defaultUnitLimits.readyMsMax,
        orElse: () => Effect.fail(startFailed(null)("not_ready", "it did not answer"))
      }),
      Effect.scoped
    )

  const isTaken = (id: string) => units.keys().some((key) => units.ids(key).includes(id))
  const mayAdd = (id: string) => (directory.plugins?.includes(id) ?? true) && !isTaken(id)
  const until = (test: () => boolean) => Effect.repeat(Effect.sleep(lookEveryMs), { until: test })

  /** Whether its id was free. */
  const add = (key: string, path: string, description: PluginDescription) =>
    Effect.gen(function* () {
      const id = description.plugin_id
      if (!mayAdd(id)) return false
      const settings = settingsOf(id, directory)
      const sources = [...effectiveSources(description, settings).keys()]
      const spec = specOf(key, settings)
      yield* away.arriving({ id, version: description.version, sources }).pipe(
        Effect.andThen(units.add(spec, socketLauncher(spec, { kind: "socket", path, token: directory.token }))),
        Effect.onInterrupt(() => away.leaving(id))
      )
      nameless.delete(key)
      yield* arrange
      yield* away.arrived(id)
      return true
    }).pipe(adding.withPermits(1))

  /** For as long as the socket is there: what the manifest takes over may come back to it. */
  const register = Effect.fnUntraced(function* (name: string, path: string) {
    const key = socketKey(name)
    for (let failures = 0; ; ) {
      if (!nameless.has(key)) {
        nameless.add(key)
        yield* board.show(key, unseenRow)
      }
      const answer = yield* Effect.result(ask(path))
      if (Result.isSuccess(answer)) {
        failures = 0
        const description = answer.success
        if (yield* add(key, path, description)) yield* until(() => units.ids(key).length === 0)
        else {
          yield* board.show(key, { ...unseenRow, state: "deactivated", reason: "wrong_id" })
          yield* until(() => mayAdd(description.plugin_id))
        }
        continue
      }
      const { reason } = answer.failure
      yield* board.fault(key, reason)
      if (reason !== "not_ready") return yield* board.show(key, { ...unseenRow, state: "deactivated", reason })
      yield* board.show(key, { ...unseenRow, state: "backoff" })
      yield* Effect.sleep(backOffMs(defaultRestart.backOff, ++failures, yield* Random.next))
    }
  })

  const takeAway = Effect.fnUntraced(function* (name: string) {
    const scope = open.get(name)
    open.delete(name)
    if (scope !== undefined) yield* Scope.close(scope, Exit.void)
    const key = socketKey(name)
    nameless.delete(key)
    const ids = units.ids(key)
    yield* Effect.forEach(ids, away.leaving, { discard: true })
    yield* units.remove(key)
    yield* arrange
    return ids
  })

  yield* Effect.addFinalizer(() => Effect.forEach([...open.keys()], takeAway, { discard: true }))
  yield* watchSocketDirectory(directory.path, {
    removed: (name) => Effect.flatMap(takeAway(name), (ids) => Effect.forEach(ids, away.left, { discard: true })),
    added: Effect.fnUntraced(function* (name: string, path: string) {
      const scope = yield* Scope.make()
      open.set(name, scope)
      yield* Effect.forkIn(register(name, path), scope)
    })
  })
})
