/** One WATCH, from a version until it ends: its lines as events, its silence and its errors as failures. */
import { Clock, Effect, Option, Schema } from "effect"
import { KubernetesObject } from "../../contract/KubernetesEvent.ts"
import { type KubeClient, readChunk } from "./KubeClient.ts"
import { failureOfStatus, kubeFailed } from "./KubeFailed.ts"
import { objectBytesMax, type Selection, selectorsOf } from "./listResource.ts"
import { makeLineSplitter } from "./splitLines.ts"

/** What a watch says of an object. */
export interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"
  readonly object: KubernetesObject
}

const Line = Schema.Struct({
  type: Schema.Literals(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]),
  object: KubernetesObject
})
const decodeLine = Schema.decodeUnknownOption(Line)

const parseLine = Effect.fnUntraced(function* (text: string) {
  const json = yield* Effect.try({ try: (): unknown => JSON.parse(text), catch: () => kubeFailed("unexpected") })
  // Untrusted: a line that cannot be read may have been a change, so the connection is given up and the change seen again.
  const line = Option.getOrNull(decodeLine(json))
  if (line === null) return yield* kubeFailed("unexpected")
  const { object, type } = line
  if (type !== "ERROR") return { type, object } satisfies WatchLine
  const status = object.code
  // 504 within a watch is a version that this server has not reached yet: it is another server, or one restored from a backup.
  if (status === 504) return yield* kubeFailed("gone")
  return yield* kubeFailed(typeof status === "number" ? failureOfStatus(status) : "unexpected")
})

/** How a watch is held. */
export interface WatchPace {
  /** After which the server ends the watch; it is asked for, and most servers do. */
  readonly watchSeconds: number
  /** How much later the watch is given up here: the server, or what lies between, has died without a word. */
  readonly graceMs: number
}

/**
 * Watches from `version`. Ends when the server ends it; fails with `gone` when the version is too old, and with the connection
 * otherwise. `opened` runs once the server has agreed.
 */
export const watchConnection = Effect.fnUntraced(function* (
  client: KubeClient,
  selection: Selection,
  version: string,
  { graceMs, watchSeconds }: WatchPace,
  on: { readonly opened: Effect.Effect<void>; readonly line: (line: WatchLine) => Effect.Effect<void> }
) {
  const message = yield* client.open(selection.path, {
    ...selectorsOf(selection),
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion: version,
    timeoutSeconds: String(watchSeconds)
  })
  yield* on.opened
  const deadline = (yield* Clock.currentTimeMillis) + watchSeconds * 1000 + graceMs
  const split = makeLineSplitter(objectBytesMax)
  for (;;) {
    const left = deadline - (yield* Clock.currentTimeMillis)
    const chunk = yield* readChunk(message).pipe(
      Effect.timeoutOrElse({ duration: Math.max(0, left), orElse: () => Effect.fail(kubeFailed("unreachable")) })
    )
    if (chunk === null) return
    const lines = yield* Effect.try({ try: () => split(chunk), catch: () => kubeFailed("too_large") })
    for (const line of lines) yield* on.line(yield* parseLine(line))
  }
}, Effect.scoped)
