/** Watches the files of one folder: those that come, change and go. What was there at the first start is no news. */
import { watch } from "node:fs"
import { isAbsolute, join } from "node:path"
import { Effect, Schema } from "effect"
import type { FileEvent } from "../../contract/LocalEvent.ts"
import { type ObservationSink, type Source, SourceFailed } from "../../contract/Source.ts"
import { memoryOf } from "../changeMark.ts"
import { type Named, observeLocally } from "../localObservation.ts"
import type { SourceMemory } from "../SourceMemory.ts"
import { makeSourceStatus } from "../SourceStatus.ts"
import type { FileOptions } from "./FileOptions.ts"
import { type FileQuestion, type FileState, lookAtFolder, type SeenFile } from "./lookAtFolder.ts"

const contentBytesDefault = 64 * 1024
const everySecondsDefault = 10

// A file that is written all the time is looked at this often.
const quietMs = 100

const Files = Schema.Record(
  Schema.String,
  Schema.Struct({ mark: Schema.String, digest: Schema.NullOr(Schema.String), bytes: Schema.Int })
)

const isMatch = (names: ReadonlyArray<string> | undefined) => {
  if (names === undefined) return () => true
  const escaped = names.map((name) => name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, ".*"))
  const pattern = new RegExp(`^(?:${escaped.join("|")})$`, "s")
  return (name: string) => pattern.test(name)
}

/** Begins to listen; the effect in it waits until the system says that something changed. It may never say so. */
const listenTo = (folder: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const changed = Promise.withResolvers<void>()
        try {
          const watcher = watch(folder, { persistent: false }, () => changed.resolve())
          // The folder is gone, or the system has no more watches to give: looking from time to time is enough.
          watcher.on("error", () => undefined)
          return { changed: changed.promise, close: () => watcher.close() }
        } catch {
          return { changed: changed.promise, close: () => undefined }
        }
      }),
      ({ close }) => Effect.sync(close)
    ),
    ({ changed }) => Effect.promise(() => changed)
  )

interface Change {
  readonly name: string
  readonly change: FileEvent["change"]
  readonly file: SeenFile | FileState
}

/** What became of the files. One that was written with the same content has not changed. */
const changesOf = (
  before: ReadonlyMap<string, FileState>,
  after: ReadonlyMap<string, SeenFile | FileState>
): ReadonlyArray<Change> => [
  ...[...before].flatMap(([name, file]) => (after.has(name) ? [] : [{ name, file, change: "removed" as const }])),
  ...[...after].flatMap(([name, file]): ReadonlyArray<Change> => {
    const old = before.get(name)
    if (old === undefined) return [{ name, file, change: "created" }]
    const isSame = old.mark === file.mark || (file.digest !== null && old.digest === file.digest)
    return isSame ? [] : [{ name, file, change: "changed" }]
  })
]

const eventOf = (folder: string, { change, file, name }: Change): FileEvent => ({
  kind: "file",
  path: join(folder, name),
  change,
  bytes: change === "removed" ? null : file.bytes,
  content: change !== "removed" && "content" in file ? file.content : null
})

/** Watches one folder. Codes: `no_folder`, `not_allowed`, `unreadable`, `too_many_files`. */
export const makeFileSource = Effect.fn("makeFileSource")(function* (
  options: FileOptions & Named,
  memory: SourceMemory
): Effect.fn.Return<Source, SourceFailed> {
  const { folder, name } = options
  if (!isAbsolute(folder))
    return yield* new SourceFailed({ source: name, reason: "its folder must be an absolute path" })
  const status = yield* makeSourceStatus
  const { recall, remember } = memoryOf(memory, Files)
  const question: FileQuestion = {
    folder,
    isWanted: isMatch(options.names),
    contentBytesMax: options.content === true ? (options.content_bytes_max ?? contentBytesDefault) : null
  }
  let seen: ReadonlyMap<string, FileState> | null = null

  const look = Effect.fnUntraced(function* (sink: ObservationSink) {
    const after = yield* lookAtFolder(question, seen ?? new Map())
    const changes = seen === null ? [] : changesOf(seen, after)
    for (const change of changes) {
      const parts = [change.name, change.change, change.file.mark]
      const observation = yield* observeLocally(options, eventOf(folder, change), parts, change.name)
      if (observation !== null) yield* status.put(sink, observation)
    }
    const next = new Map([...after].map(([key, { bytes, digest, mark }]) => [key, { mark, digest, bytes }]))
    const isNews =
      seen === null || changes.length > 0 || [...next].some(([key, { mark }]) => seen?.get(key)?.mark !== mark)
    seen = next
    if (isNews) yield* remember(Object.fromEntries(next))
  })

  const turn = (sink: ObservationSink) =>
    Effect.gen(function* () {
      // Before it looks: what changes while it does is told by the system.
      const changed = yield* listenTo(folder)
      yield* Effect.matchEffect(look(sink), {
        onFailure: ({ code }) => {
          // What is in a folder that comes later is new.
          if (code === "no_folder") seen ??= new Map()
          return status.degraded(code)
        },
        onSuccess: () => status.watching
      })
      const everyMs = (options.every_seconds ?? everySecondsDefault) * 1000
      yield* Effect.raceFirst(Effect.andThen(changed, Effect.sleep(quietMs)), Effect.sleep(everyMs))
    }).pipe(Effect.scoped)

  return {
    name,
    sourceType: options.source_type,
    state: status.state,
    run: Effect.fnUntraced(function* (sink) {
      const before = yield* recall
      seen = before === null ? null : new Map(Object.entries(before))
      return yield* Effect.forever(turn(sink))
    })
  }
})
