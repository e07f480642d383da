/** A LIST in pages, its objects handed over as they arrive: what is held at any time is one object, not a page. */
import { Effect, Schema } from "effect"
import { KubernetesObject } from "../../contract/KubernetesEvent.ts"
import { type KubeClient, readChunk } from "./KubeClient.ts"
import { type KubeFailed, kubeFailed } from "./KubeFailed.ts"
import { makeListSplitter } from "./splitList.ts"

/** Which objects of a resource. */
export interface Selection {
  /** As `resolveResource` and `pathOf` give it. */
  readonly path: string
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

/** What the API server's own clients ask for: large enough to be quick, small enough for a server to bear. */
export const pageObjects = 500

// etcd takes no object above 1.5 MiB; as JSON it is a few times as long at most.
export const objectBytesMax = 8 * 1024 * 1024

// Silence within a page that has begun.
const silenceMs = 30_000

// 5,000,000 objects: a `continue` that never ends would otherwise be followed for ever.
const pagesMax = 10_000

/** The query that both LIST and WATCH have. */
export const selectorsOf = ({ fieldSelector, labelSelector }: Selection): Readonly<Record<string, string>> => ({
  ...(labelSelector !== undefined && labelSelector !== "" && { labelSelector }),
  ...(fieldSelector !== undefined && fieldSelector !== "" && { fieldSelector })
})

const decodeObject = Schema.decodeUnknownSync(KubernetesObject)

/** An object from its JSON; throws where it is none. */
export const parseObject = (json: string): KubernetesObject => decodeObject(JSON.parse(json))

const readPage = Effect.fnUntraced(function* (
  client: KubeClient,
  selection: Selection,
  next: string | null,
  limit: number,
  take: (objects: ReadonlyArray<KubernetesObject>) => Effect.Effect<void>
) {
  const query = { ...selectorsOf(selection), limit: String(limit), ...(next !== null && { continue: next }) }
  const message = yield* client.open(selection.path, query)
  const splitter = makeListSplitter(objectBytesMax)
  for (;;) {
    const chunk = yield* readChunk(message).pipe(
      Effect.timeoutOrElse({ duration: silenceMs, orElse: () => Effect.fail(kubeFailed("unreachable")) })
    )
    if (chunk === null) break
    const pieces = yield* Effect.try({ try: () => splitter.push(chunk), catch: () => kubeFailed("too_large") })
    const objects = yield* Effect.try({ try: () => pieces.map(parseObject), catch: () => kubeFailed("unexpected") })
    if (objects.length > 0) yield* take(objects)
  }
  const shell = splitter.end()
  return shell === null ? yield* kubeFailed("unexpected") : shell
}, Effect.scoped)

/**
 * Lists all and answers with the version that a watch goes on from. `gone` where a page was asked for too late and the rest is no
 * longer known: what was taken so far was true, and a new list is needed for what is missing.
 */
export const listResource = Effect.fnUntraced(function* (
  client: KubeClient,
  selection: Selection,
  take: (objects: ReadonlyArray<KubernetesObject>) => Effect.Effect<void>,
  limit: number = pageObjects
): Effect.fn.Return<string, KubeFailed> {
  let next: string | null = null
  for (let page = 0; page < pagesMax; page++) {
    const shell: { readonly next: string | null; readonly resourceVersion: string } = yield* readPage(
      client,
      selection,
      next,
      limit,
      take
    )
    if (shell.next === null) return shell.resourceVersion
    next = shell.next
  }
  return yield* kubeFailed("too_large")
})
