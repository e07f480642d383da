/**
 * A program of its own that reflects pods, so that its memory is the reflector's and not the test's: prints what it measured as
 * JSON once everything is there. Arguments: the server, the CA's file, the token.
 */
import { readFileSync } from "node:fs"
import { makeKubeClient } from "@farmops/plugin-sdk/sources/kubernetes/KubeClient"
import { compileFields, keepFields } from "@farmops/plugin-sdk/sources/kubernetes/keepFields"
import { watchResource } from "@farmops/plugin-sdk/sources/kubernetes/watchResource"
import { workloadOf } from "@farmops/plugin-sdk/sources/kubernetes/workloadOf"
import { Effect, Redacted, Stream } from "effect"

const [server = "", ca = "", token = ""] = process.argv.slice(2)

/** What the plugins that look at pods need of one. */
const fields = compileFields([
  "/metadata/name",
  "/metadata/namespace",
  "/status/phase",
  "/status/reason",
  "/status/containerStatuses/*/restartCount",
  "/status/containerStatuses/*/ready",
  "/status/containerStatuses/*/state",
  "/spec/containers/*/name",
  "/spec/containers/*/resources"
])

const mib = (bytes: number) => Math.round((bytes / 1024 / 1024) * 10) / 10

const program = Effect.gen(function* () {
  const client = yield* makeKubeClient({
    server: new URL(server),
    serverName: null,
    insecure: false,
    credentials: Effect.succeed({ token: Redacted.make(token), ca: readFileSync(ca, "utf8"), client: null })
  })
  globalThis.gc?.()
  const before = process.memoryUsage()
  const began = performance.now()
  let pods = 0
  yield* watchResource({
    client,
    resource: "pods",
    keep: (object) => JSON.stringify(keepFields(object, fields, { isSecret: false, approved: [] })),
    ownerOf: workloadOf
  }).pipe(
    Stream.tap((event) => Effect.sync(() => (event._tag === "Changed" ? pods++ : undefined))),
    Stream.takeUntil((event) => event._tag === "Synced"),
    Stream.tap((event) =>
      Effect.sync(() => {
        if (event._tag !== "Synced") return
        const ms = Math.round(performance.now() - began)
        const rssMib = mib(process.memoryUsage().rss)
        // What stays: the reflector still holds all of it here.
        globalThis.gc?.()
        const heapMib = mib(process.memoryUsage().heapUsed - before.heapUsed)
        console.log(JSON.stringify({ pods, ms, rssMib, rssBeforeMib: mib(before.rss), heapMib }))
      })
    ),
    Stream.runDrain
  )
})

await Effect.runPromise(Effect.scoped(program))
