/** A tracker as a process of its own: `serve.ts FOLDER`. Its first line says where it answers; it ends with its parent's pipe. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { RunningTracker, trackerLayer } from "@farmops/tracker/layer"
import { Effect, Layer } from "effect"
import { configAt } from "./agents.ts"

const stopped = Effect.callback<void>((resume) => {
  process.stdin.once("end", () => resume(Effect.void)).resume()
})

const serve = Effect.gen(function* () {
  const { grpcPort, url } = yield* RunningTracker
  console.log(JSON.stringify({ url, grpc: `http://127.0.0.1:${grpcPort}` }))
  yield* stopped
})

await Effect.runPromise(
  Effect.scoped(
    Effect.provide(serve, trackerLayer(configAt(process.argv[2] ?? "")).pipe(Layer.provide(NodeServices.layer)))
  )
)
process.exit(0)
