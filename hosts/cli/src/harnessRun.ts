/** `farmops harness run`: the harness in this process until it is stopped. */
import { NodeServices } from "@effect/platform-node"
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { layerLog } from "@farmops/core/log/layerLog"
import { layerSecretsToScrub } from "@farmops/core/log/SecretsToScrub"
import { dataFolderOf, harnessLayer, layerTelemetry, repositoriesOf, secretsOf } from "@farmops/harness/layer"
import { Effect } from "effect"
import { HttpServer } from "effect/http"
import { type HarnessPlace, loadHarnessFile } from "./harnessPlace.ts"
import { Printer } from "./Printer.ts"

/** Runs the command. */
export const harnessRun = Effect.fn("harnessRun")(function* (options: HarnessPlace & { readonly port: number }) {
  const printer = yield* Printer
  const { cwd: _, environment } = options
  const file = yield* loadHarnessFile(options)
  const serve = Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const port = "port" in address ? address.port : options.port
    const names = repositoriesOf(file)
    yield* printer.json
      ? printer.data({ url: `http://127.0.0.1:${port}`, repositories: names })
      : printer.line(
          `looks after ${names.join(", ")}; http://127.0.0.1:${port}/healthcheck/ready says how it is; Ctrl-C stops it`
        )
    return yield* Effect.never
  }).pipe(
    Effect.provide(
      harnessLayer(file, {
        port: options.port,
        host: "127.0.0.1",
        engineSocket: environment.FARMOPS_CONTAINER_SOCKET ?? null
      })
    )
  )
  return yield* DataDirectory.open(dataFolderOf(file)).pipe(
    Effect.andThen(serve),
    Effect.scoped,
    Effect.provide(layerTelemetry(environment)),
    Effect.provide(layerLog({ format: "auto", level: "Info" })),
    Effect.provide(layerSecretsToScrub(secretsOf(file)))
  )
}, Effect.provide(NodeServices.layer))
