/** A whole resource at one moment, at a pace that follows the clock: started anew within the same turn, it is the same sweep. */
import { backOffMs } from "@farmops/core/http/backOff"
import { Clock, Effect, Random } from "effect"
import type { KubernetesObject } from "../../contract/KubernetesEvent.ts"
import type { KubeClient } from "./KubeClient.ts"
import { type KubeFailed, kubeFailed } from "./KubeFailed.ts"
import { listResource } from "./listResource.ts"
import { pathOf, resolveResource } from "./resolveResource.ts"
import type { ReflectorPace } from "./watchResource.ts"

/** What is swept, and how often. */
export interface SweepOptions {
  readonly client: KubeClient
  readonly resource: string
  readonly namespaces: ReadonlyArray<string | null>
  readonly labelSelector?: string | undefined
  readonly everyMs: number
  readonly keep: (object: KubernetesObject) => string
  readonly pace: Pick<ReflectorPace, "backOff" | "refused" | "pageObjects">
}

/** What one sweep found. */
export interface Swept {
  readonly namespaces: number
  /** What was kept of each, in the server's order. */
  readonly objects: ReadonlyArray<string>
}

// What is kept of 100,000 pods with some ten fields each. It is all held until the parts can be counted.
const sweptCharactersMax = 64 * 1024 * 1024

const namespaceOf = ({ metadata }: KubernetesObject): string => {
  const namespace = typeof metadata === "object" && metadata !== null && "namespace" in metadata && metadata.namespace
  return typeof namespace === "string" ? namespace : ""
}

const sweepOnce = Effect.fnUntraced(function* (options: SweepOptions) {
  const { client, keep, labelSelector, pace, resource } = options
  const base = yield* resolveResource(client, resource)
  const objects: Array<string> = []
  const namespaces = new Set<string>()
  let characters = 0
  for (const namespace of options.namespaces) {
    yield* listResource(
      client,
      { path: pathOf(base, resource, namespace), labelSelector },
      (page) =>
        Effect.sync(() => {
          for (const object of page) {
            const kept = keep(object)
            characters += kept.length
            if (characters > sweptCharactersMax) return
            objects.push(kept)
            namespaces.add(namespaceOf(object))
          }
        }),
      pace.pageObjects
    )
    if (characters > sweptCharactersMax) return yield* kubeFailed("too_large")
  }
  namespaces.delete("")
  return { namespaces: namespaces.size, objects } satisfies Swept
})

/** Sweeps for ever: each turn until it has been taken, and none twice. */
export const sweepForEver = Effect.fnUntraced(function* (
  options: SweepOptions,
  on: {
    readonly found: (swept: Swept, slot: number) => Effect.Effect<void, KubeFailed>
    readonly failed: (failure: KubeFailed) => Effect.Effect<void>
  }
): Effect.fn.Return<never> {
  const { everyMs, pace } = options
  let failures = 0
  for (;;) {
    const slot = Math.floor((yield* Clock.currentTimeMillis) / everyMs)
    const failure = yield* sweepOnce(options).pipe(
      Effect.flatMap((swept) => on.found(swept, slot)),
      Effect.match({ onFailure: (failed) => failed, onSuccess: () => null })
    )
    if (failure === null) {
      failures = 0
      yield* Effect.sleep(Math.max(0, (slot + 1) * everyMs - (yield* Clock.currentTimeMillis)))
      continue
    }
    yield* on.failed(failure)
    const isRefused = failure.code === "forbidden" || failure.code === "not_found" || failure.code === "too_large"
    const pause = backOffMs(isRefused ? pace.refused : pace.backOff, ++failures, yield* Random.next)
    yield* Effect.sleep(Math.max(pause, (failure.retryAfterSeconds ?? 0) * 1000))
  }
})
