/**
 * The plugins of the folder of sockets that are expected and not there: each has its row, so that what it asked for is kept for
 * it. One that has been there is expected until the window has passed; where the manifest lists the folder's plugins, those are
 * expected for as long as they are listed, and nobody else is.
 */
import { backOffMs } from "@farmops/core/http/backOff"
import { Clock, Effect, Random, type Scope } from "effect"
import { defaultRestart, type SocketDirectory } from "../PluginManifest.ts"
import { type SeenPlugin, SeenPlugins } from "../SeenPlugins.ts"
import type { PluginRow } from "./PluginBoard.ts"

/** The row of a plugin at a socket that has said nothing yet. */
export const unseenRow: PluginRow = {
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

// As many as may be there at once. Beyond it the one that has been away longest is forgotten.
const rememberedMax = 64
// The window is days long.
const lookEveryMs = 10 * 60_000

/** Who is expected, and the way to say what happens in the folder. */
export interface AwayPlugins {
  /** The rows of those that are away. They belong on the board where nothing else has that id. */
  readonly rows: () => ReadonlyMap<string, PluginRow>
  /** What the manifest has of the folder now, null where it has none; `named` are the ids that it obtains otherwise. */
  readonly follow: (directory: SocketDirectory | null, named: ReadonlyArray<string>) => Effect.Effect<void>
  /**
   * It has described itself and may be asked next. When this is over, however long that takes, it is on disk that the plugin is
   * owed what it asks for.
   */
  readonly arriving: (plugin: Omit<SeenPlugin, "awaySince">) => Effect.Effect<void>
  /** It has a row of its own. */
  readonly arrived: (id: string) => Effect.Effect<void>
  /** Nobody listens for it any more, and its own row is about to go. */
  readonly leaving: (id: string) => Effect.Effect<void>
  /** Its own row is gone. */
  readonly left: (id: string) => Effect.Effect<void>
}

/** `arrange` puts the board in order. */
export const makeAwayPlugins = Effect.fnUntraced(function* (
  arrange: Effect.Effect<void>
): Effect.fn.Return<AwayPlugins, never, Scope.Scope> {
  const { forget, keep, known, windowMs } = yield* SeenPlugins
  const start = yield* Clock.currentTimeMillis
  // Who was there when the agent ended has been away since the agent looks again.
  const seen = new Map(
    known.map((one) => [one.id, { ...one, awaySince: one.awaySince ?? start }] as [string, SeenPlugin])
  )
  const away = new Set(seen.keys())
  let listed: ReadonlyArray<string> | null = null

  const unwritten = (id: string) =>
    Effect.logWarning("what is known of a plugin in the folder of sockets could not be written", { plugin: id })
  const drop = (id: string) =>
    Effect.suspend(() => {
      away.delete(id)
      return seen.delete(id) ? Effect.catch(forget(id), () => unwritten(id)) : Effect.void
    })
  const giveUp = (id: string, why: string) =>
    Effect.andThen(
      drop(id),
      Effect.logWarning("a plugin of the folder of sockets is not expected any more", { plugin: id, why })
    )

  const makeRoom = Effect.gen(function* () {
    const oldest = [...seen.values()]
      .filter(({ awaySince, id }) => awaySince !== null && away.has(id))
      .toSorted((one, other) => (one.awaySince ?? 0) - (other.awaySince ?? 0))
    for (const { id } of oldest.slice(0, Math.max(0, seen.size - rememberedMax))) yield* giveUp(id, "too many are away")
  })

  const giveUpLate = Effect.gen(function* () {
    const before = (yield* Clock.currentTimeMillis) - windowMs
    for (const { awaySince, id } of [...seen.values()]) {
      const isLate = awaySince !== null && awaySince <= before
      if (isLate && listed?.includes(id) !== true) yield* giveUp(id, "it did not come back within the window")
    }
    yield* arrange
  })

  for (const id of away) {
    const plugin = seen.get(id)
    if (plugin !== undefined) yield* Effect.catch(keep(plugin), () => unwritten(id))
  }
  yield* Effect.forkScoped(Effect.forever(Effect.delay(giveUpLate, lookEveryMs)))

  return {
    rows: () =>
      new Map(
        [...away].map((id) => {
          const { sources = [], version = null } = seen.get(id) ?? {}
          return [id, { ...unseenRow, version, sources, state: "away" }]
        })
      ),
    follow: Effect.fnUntraced(function* (directory, named) {
      listed = directory?.plugins ?? null
      const isExpected = (id: string) =>
        directory !== null && !named.includes(id) && (listed === null || listed.includes(id))
      for (const id of new Set([...seen.keys(), ...away])) if (!isExpected(id)) yield* drop(id)
      for (const id of listed ?? []) if (!seen.has(id)) away.add(id)
      yield* arrange
    }),
    arriving: Effect.fnUntraced(function* (described) {
      const plugin = { ...described, awaySince: null }
      seen.set(plugin.id, plugin)
      for (let failures = 1; ; failures++) {
        const kept = yield* Effect.result(keep(plugin))
        if (kept._tag === "Success") return yield* makeRoom
        yield* unwritten(plugin.id)
        yield* Effect.sleep(backOffMs(defaultRestart.backOff, failures, yield* Random.next))
      }
    }),
    arrived: (id) =>
      Effect.suspend(() => {
        away.delete(id)
        return arrange
      }),
    leaving: Effect.fnUntraced(function* (id) {
      const plugin = seen.get(id)
      if (plugin === undefined) return
      seen.set(id, { ...plugin, awaySince: yield* Clock.currentTimeMillis })
      away.add(id)
    }),
    left: Effect.fnUntraced(function* (id) {
      const plugin = seen.get(id)
      if (plugin === undefined || !away.has(id)) return
      yield* Effect.logWarning("the socket of a plugin is gone; what it asked for is kept for it", { plugin: id })
      yield* Effect.catch(keep(plugin), () => unwritten(id))
    })
  }
})
