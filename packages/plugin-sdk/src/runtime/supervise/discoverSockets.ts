/** Makes a unit of each socket that appears in the manifest's folder, and takes it away with the socket. */
import { backOffMs } from "@farmops/core/http/backOff"
import { Effect, Exit, Random, Redacted, Result, Scope } from "effect"
import { askOverSocket } from "../launch/askOverSocket.ts"
import { socketLauncher } from "../launch/connectSocket.ts"
import { startFailed } from "../launch/UnitLaunch.ts"
import { defaultRestart, defaultUnitLimits, type SocketDirectory, type UnitSettings } from "../PluginManifest.ts"
import type { PluginBoard, PluginRow } from "./PluginBoard.ts"
import type { PluginUnits } from "./PluginUnits.ts"
import { watchSocketDirectory } from "./watchSocketDirectory.ts"

const unseen: PluginRow = {
  version: null,
  digest: null,
  protocol_version: null,
  obtained: "socket",
  state: "starting",
  reason: null,
  confinement: "none",
  sources: [],
  pid: null,
  rss_bytes: null
}

const specOf = (key: string, id: string, { sources }: SocketDirectory): UnitSettings => ({
  key,
  // The manifest says nothing of this one plugin: it gets no Secret and no configuration.
  plugins: [{ id, sources, secrets: {}, configuration: undefined, complain: (_, expected) => expected }],
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
  board: PluginBoard,
  arrangeBoard: ArrangeBoard
): Effect.fn.Return<void, never, Scope.Scope> {
  const open = new Map<string, Scope.Closeable>()
  const nameless = new Set<string>()
  const arrange = Effect.suspend(() => arrangeBoard([...nameless]))

  const askId = (path: string) =>
    Effect.gen(function* () {
      const token = Redacted.make(directory.token, { label: "plugin token" })
      const asked = yield* askOverSocket({ id: path, socket: path, token, ...defaultUnitLimits })
      return (yield* asked.describe).plugin_id
    }).pipe(
      Effect.timeoutOrElse({
        duration: defaultUnitLimits.readyMsMax,
        orElse: () => Effect.fail(startFailed(null)("not_ready", "it did not answer"))
      }),
      Effect.scoped
    )

  const register = Effect.fnUntraced(function* (name: string, path: string) {
    const key = socketKey(name)
    nameless.add(key)
    yield* board.show(key, unseen)
    let failures = 0
    for (;;) {
      const answer = yield* Effect.result(askId(path))
      if (Result.isSuccess(answer)) {
        const id = answer.success
        const taken = units.keys().some((other) => units.ids(other).includes(id))
        if (taken) return yield* board.show(key, { ...unseen, state: "deactivated", reason: "wrong_id" })
        const spec = specOf(key, id, directory)
        yield* units.add(spec, socketLauncher(spec, { kind: "socket", path, token: directory.token }))
        nameless.delete(key)
        return yield* arrange
      }
      const { reason } = answer.failure
      yield* board.fault(key, reason)
      if (reason !== "not_ready") return yield* board.show(key, { ...unseen, state: "deactivated", reason })
      yield* board.show(key, { ...unseen, state: "backoff" })
      yield* Effect.sleep(backOffMs(defaultRestart.backOff, ++failures, yield* Random.next))
    }
  })

  const removed = (name: string) =>
    Effect.gen(function* () {
      const scope = open.get(name)
      open.delete(name)
      nameless.delete(socketKey(name))
      if (scope !== undefined) yield* Scope.close(scope, Exit.void)
      yield* units.remove(socketKey(name))
      yield* arrange
    })

  yield* Effect.addFinalizer(() => Effect.forEach([...open.keys()], removed, { discard: true }))
  yield* watchSocketDirectory(directory.path, {
    removed,
    added: Effect.fnUntraced(function* (name: string, path: string) {
      const scope = yield* Scope.make()
      open.set(name, scope)
      yield* Effect.forkIn(register(name, path), scope)
    })
  })
})
