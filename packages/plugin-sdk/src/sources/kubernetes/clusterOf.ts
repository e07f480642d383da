/** Which cluster this is, so that the same names in another are other subjects. */
import { backOffMs } from "@farmops/core/http/backOff"
import { Effect, Option, Random, Schema } from "effect"
import type { KubeClient } from "./KubeClient.ts"
import type { ReflectorPace } from "./watchResource.ts"

const Namespace = Schema.Struct({ metadata: Schema.Struct({ uid: Schema.NonEmptyString }) })
const decode = Schema.decodeUnknownOption(Namespace)

/**
 * The uid of `kube-system`, which is there for as long as the cluster is; the server's address where that may not be read. Waits
 * for a server that does not answer, so that a subject is not one thing today and another tomorrow.
 */
export const clusterOf = Effect.fnUntraced(function* (
  client: KubeClient,
  { backOff }: Pick<ReflectorPace, "backOff">,
  onFailure: (code: string) => Effect.Effect<void>
): Effect.fn.Return<string> {
  for (let failures = 1; ; failures++) {
    const answer = yield* Effect.result(client.json("/api/v1/namespaces/kube-system"))
    if (answer._tag === "Success") {
      const found = Option.getOrNull(decode(answer.success))
      return found?.metadata.uid ?? client.origin
    }
    const { code } = answer.failure
    if (code === "forbidden" || code === "not_found") return client.origin
    yield* onFailure(code)
    yield* Effect.sleep(backOffMs(backOff, failures, yield* Random.next))
  }
})
