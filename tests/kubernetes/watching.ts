/** What the tests of the real API server share: connections, pods, and waiting for what a reflector tells. */
import type { KubeConnection } from "@farmops/plugin-sdk/sources/kubernetes/KubeConnection"
import {
  type ResourceEvent,
  type WatchOptions,
  watchResource
} from "@farmops/plugin-sdk/sources/kubernetes/watchResource"
import { Effect, Redacted, Stream } from "effect"
import type { KubernetesCluster } from "./KubernetesCluster.ts"

/** The connection of a user of the cluster. */
export const connectAs = ({ ca, url }: KubernetesCluster, token: string): KubeConnection => ({
  server: new URL(url),
  serverName: null,
  insecure: false,
  credentials: Effect.succeed({ token: Redacted.make(token), ca, client: null })
})

/** As quick as a test needs it, and in every other way as it is. */
export const hasty = {
  backOff: { firstMs: 50, maxMs: 400 },
  refused: { firstMs: 100, maxMs: 400 },
  quietMs: 150,
  waitMsMax: 1_000
}

/** A pod of one container that no node will ever run. */
export const podNamed = (name: string, labels: Readonly<Record<string, string>> = {}, container: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels },
  spec: { containers: [{ name: "main", image: "example.test/nothing", ...container }] }
})

/** Everything that a reflector has told until now, in order. */
export const collect = Effect.fnUntraced(function* (options: WatchOptions) {
  const events: Array<ResourceEvent> = []
  yield* watchResource({ pace: hasty, ...options }).pipe(
    Stream.runForEach((event) => Effect.sync(() => events.push(event))),
    Effect.forkScoped
  )
  return events
})

const pollMs = 20
const waitMsMax = 150_000

/** Waits for what other processes do. Fails with what is there where it never becomes true. */
export const until = (what: string, holds: () => boolean | Promise<boolean>, show: () => unknown = () => "") =>
  Effect.promise(async () => {
    const end = performance.now() + waitMsMax
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`never: ${what}; ${JSON.stringify(show())?.slice(0, 4000)}`)
      await new Promise((done) => setTimeout(done, pollMs))
    }
  })

/** The changes among what was told, as `added name`. */
export const changesOf = (events: ReadonlyArray<ResourceEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event._tag === "Changed" ? [`${event.change} ${event.object.name}`] : []))

/** What else was told, one word each. */
export const phasesOf = (events: ReadonlyArray<ResourceEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => {
    if (event._tag === "Changed") return []
    return [event._tag === "Degraded" ? event.code : event._tag]
  })
