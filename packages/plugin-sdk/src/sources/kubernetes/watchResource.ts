/**
 * A reflector: every object of a resource, then every change, for as long as it is run. It lists, watches from there, lists again
 * when the server has forgotten the version it knows, and tells what was deleted meanwhile. It never fails: it degrades and tries on.
 */
import { type BackOff, backOffMs } from "@farmops/core/http/backOff"
import { Clock, Effect, Queue, Random, type Semaphore, Stream } from "effect"
import type { KubernetesObject } from "../../contract/KubernetesEvent.ts"
import type { KubeClient } from "./KubeClient.ts"
import { type KubeFailed, type KubeFailure, kubeFailed } from "./KubeFailed.ts"
import { listResource, pageObjects, type Selection } from "./listResource.ts"
import { pathOf, resolveResource } from "./resolveResource.ts"
import { type WatchLine, type WatchPace, watchConnection } from "./watchConnection.ts"
import type { Workload } from "./workloadOf.ts"

/** An object as it is stored: who it is, and the text that was kept of it. */
export interface KeptObject {
  readonly uid: string
  /** Opaque; the same as long as nothing of the object has changed, kept or not. */
  readonly version: string
  /** Empty where the resource has no namespaces. */
  readonly namespace: string
  readonly name: string
  /** What `keep` made of it. */
  readonly kept: string
  /** Null where nobody asked whose it is. */
  readonly owner: Workload | null
}

/** What a reflector tells, in order. */
export type ResourceEvent =
  | { readonly _tag: "Changed"; readonly change: "added" | "modified" | "deleted"; readonly object: KeptObject }
  /** A list has begun: until `Synced`, what was told is true of each object but not of all of them together. */
  | { readonly _tag: "Listing" }
  /** Everything there was has been told; what comes now is news. */
  | { readonly _tag: "Synced" }
  /** It cannot see now and tries again. Told once until the code changes or it is well again. */
  | { readonly _tag: "Degraded"; readonly code: KubeFailure }

/** How long things take; tests have other hours. */
export interface ReflectorPace extends WatchPace {
  readonly backOff: BackOff
  /** Where only a person can help: a right that is missing, a resource that is not there. */
  readonly refused: BackOff
  readonly pageObjects: number
}

/** Of every reflector that has no reason for another. */
export const defaultPace: ReflectorPace = {
  // What the API server's own clients take at least; a little random time is added, so that watches do not end together.
  watchSeconds: 300,
  graceMs: 30_000,
  backOff: { firstMs: 800, maxMs: 30_000 },
  refused: { firstMs: 10_000, maxMs: 60_000 },
  pageObjects
}

/** What to watch. */
export interface WatchOptions {
  readonly client: KubeClient
  /** As RBAC names it. */
  readonly resource: string
  /** Null is all of them, and what has none. */
  readonly namespace?: string | null
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Pure. What is kept of an object, as text: a change that leaves it the same is not told. */
  readonly keep: (object: KubernetesObject) => string
  /** Pure. Whose an object is; an object that changes hands has changed. */
  readonly ownerOf?: (object: KubernetesObject) => Workload
  readonly pace?: Partial<ReflectorPace>
  /** Held during a list, where lists of several reflectors shall not fill memory together. */
  readonly lists?: Semaphore.Semaphore
}

// A reader that is slower than the server makes the server wait.
const eventsBuffered = 256

// A watch that lasted as long has not failed, whatever ended it.
const wellMs = 10_000

interface Stored extends KeptObject {
  /** The list that it was last seen in, or after which it came. */
  readonly round: number
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

const metadataOf = (object: KubernetesObject): Readonly<Record<string, unknown>> => {
  const { metadata } = object
  return typeof metadata === "object" && metadata !== null ? { ...metadata } : {}
}

/** Identity and kept text; null where the object has no uid, which only a server of another kind would send. */
const toStored = (object: KubernetesObject, options: WatchOptions, round: number): Stored | null => {
  const { name, namespace, resourceVersion, uid } = metadataOf(object)
  if (text(uid) === "") return null
  return {
    uid: text(uid),
    version: text(resourceVersion),
    namespace: text(namespace),
    name: text(name),
    kept: options.keep(object),
    owner: options.ownerOf?.(object) ?? null,
    round
  }
}

const isSame = (a: Stored, b: Stored) =>
  a.kept === b.kept && a.owner?.kind === b.owner?.kind && a.owner?.name === b.owner?.name

const isRefusal = (code: KubeFailure) => code === "forbidden" || code === "not_found" || code === "no_credentials"

const reflect = Effect.fnUntraced(function* (
  options: WatchOptions,
  tell: (events: ReadonlyArray<ResourceEvent>) => Effect.Effect<void>
): Effect.fn.Return<never> {
  const { client, resource } = options
  const pace = { ...defaultPace, ...options.pace }
  const store = new Map<string, Stored>()
  let round = 0
  let version: string | null = null
  let selection: Selection | null = null
  // Failures in a row. A list alone does not end the row: a server could forget every version at once.
  let failures = 0
  let told: KubeFailure | "listing" | "synced" | null = null

  const put = (object: KubernetesObject): ReadonlyArray<ResourceEvent> => {
    const next = toStored(object, options, round)
    if (next === null) return []
    const before = store.get(next.uid)
    store.set(next.uid, next)
    if (before !== undefined && isSame(before, next)) return []
    return [{ _tag: "Changed", change: before === undefined ? "added" : "modified", object: next }]
  }
  const remove = (object: Stored): ReadonlyArray<ResourceEvent> =>
    store.delete(object.uid) ? [{ _tag: "Changed", change: "deleted", object }] : []

  const phase = (now: typeof told & string, event: ResourceEvent) =>
    Effect.suspend(() => {
      if (told === now) return Effect.void
      told = now
      return tell([event])
    })

  const select = Effect.gen(function* () {
    selection ??= {
      path: pathOf(yield* resolveResource(client, resource), resource, options.namespace ?? null),
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector
    }
    return selection
  })

  const list = Effect.gen(function* () {
    const where = yield* select
    round++
    const at = yield* listResource(
      client,
      where,
      (objects) =>
        phase("listing", { _tag: "Listing" }).pipe(
          Effect.andThen(() => tell(objects.flatMap((object) => put(object))))
        ),
      pace.pageObjects
    )
    // What an earlier list had and this one has not was deleted while nobody looked.
    yield* tell([...store.values()].filter((stored) => stored.round < round).flatMap(remove))
    version = at
    yield* phase("synced", { _tag: "Synced" })
  })

  const onLine = ({ object, type }: WatchLine) => {
    failures = 0
    version = text(metadataOf(object).resourceVersion) || version
    if (type === "BOOKMARK") return Effect.void
    if (type !== "DELETED") return tell(put(object))
    const gone = toStored(object, options, round)
    return gone === null ? Effect.void : tell(remove(gone))
  }

  const watch = Effect.fnUntraced(function* (from: string) {
    const started = yield* Clock.currentTimeMillis
    const extra = Math.round((yield* Random.next) * pace.watchSeconds)
    const opened = phase("synced", { _tag: "Synced" })
    const { graceMs, watchSeconds } = pace
    yield* watchConnection(
      client,
      yield* select,
      from,
      { watchSeconds: watchSeconds + extra, graceMs },
      { opened, line: onLine }
    ).pipe(
      Effect.ensuring(
        Effect.map(Clock.currentTimeMillis, (now) => {
          if (now - started >= wellMs) failures = 0
        })
      )
    )
    // A server that ends watches at once is not asked again at once.
    if ((yield* Clock.currentTimeMillis) - started < 1000) yield* pause(kubeFailed("unreachable"))
  })

  const pause = Effect.fnUntraced(function* ({ code, retryAfterSeconds }: KubeFailed) {
    const waitMs = backOffMs(isRefusal(code) ? pace.refused : pace.backOff, ++failures, yield* Random.next)
    yield* Effect.sleep(Math.max(waitMs, (retryAfterSeconds ?? 0) * 1000))
  })

  const onFailure = Effect.fnUntraced(function* (failure: KubeFailed) {
    const { code } = failure
    if (code === "gone") version = null
    // A definition that was removed may come back in another version.
    if (code === "not_found") selection = version = null
    // The first `gone` is how a server says: list again. One that says so to the list itself has to be waited for.
    if (code === "gone" && failures === 0) {
      failures = 1
      return
    }
    yield* phase(code, { _tag: "Degraded", code })
    yield* pause(failure)
  })

  for (;;) {
    const step = version === null ? (options.lists?.withPermits(1)(list) ?? list) : watch(version)
    yield* Effect.catchTag(step, "KubeFailed", onFailure)
  }
})

/** Watches a resource. Each run of the stream begins anew, with a list. */
export const watchResource = (options: WatchOptions): Stream.Stream<ResourceEvent> =>
  Stream.callback<ResourceEvent>(
    (queue) =>
      reflect(options, (events) => (events.length === 0 ? Effect.void : Effect.asVoid(Queue.offerAll(queue, events)))),
    { bufferSize: eventsBuffered, strategy: "suspend" }
  )
