/** Small real programs, each run as a process of its own by the tests of what a process does. The first argument names one. */
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer, Runtime, Schema, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import * as DataDirectory from "../src/host/DataDirectory.ts"
import { layerServer } from "../src/host/listen.ts"
import { runHost } from "../src/host/runHost.ts"
import { layerLog } from "../src/log/layerLog.ts"

class BarnOnFire extends Schema.TaggedError<BarnOnFire>()("BarnOnFire", { barn: Schema.String }) {
  override get message() {
    return `the ${this.barn} barn\n burns`
  }
  override readonly [Runtime.errorExitCode] = 42
}

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const stream = HttpRouter.add(
  "GET",
  "/events",
  HttpServerResponse.stream(Stream.concat(Stream.make(new TextEncoder().encode("data: 1\n\n")), Stream.never), {
    contentType: "text/event-stream"
  })
)
const announce = Layer.effectDiscard(
  Effect.flatMap(HttpServer.HttpServer, ({ address }) => say("port" in address ? String(address.port) : ""))
)

const programs: Readonly<Record<string, Effect.Effect<unknown, unknown>>> = {
  "typed-error": Effect.fail(new BarnOnFire({ barn: "old" })),
  defect: Effect.sync(() => {
    throw new TypeError("cow is undefined")
  }),
  "plain-error": Effect.fail(new Error("no luck")),
  drain: Effect.gen(function* () {
    yield* Effect.addFinalizer(() => Effect.andThen(Effect.sleep(50), say("drained")))
    yield* say("ready")
    return yield* Effect.never
  }).pipe(Effect.scoped),
  stuck: Effect.gen(function* () {
    yield* Effect.addFinalizer(() => Effect.andThen(say("draining"), Effect.never))
    yield* say("ready")
    return yield* Effect.never
  }).pipe(Effect.scoped),
  "hold-folder": Effect.gen(function* () {
    yield* DataDirectory.open(process.argv[3] ?? "")
    yield* say("held")
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  "serve-stream": Layer.launch(
    HttpRouter.serve(stream, { disableListenLog: true, disableLogger: true }).pipe(
      Layer.merge(announce),
      Layer.provide(layerServer({ port: 0 }))
    )
  ),
  log: Effect.log("milk", { litres: 3 }).pipe(Effect.provide(layerLog({ format: "auto", level: "Info" })))
}

const program = programs[process.argv[2] ?? ""]
if (program !== undefined) runHost("farmops-test", program, { debug: process.argv.includes("--debug") })
