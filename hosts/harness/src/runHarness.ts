/** Runs a harness until it is interrupted, whichever program it runs in: alone on its folder, with its log, its traces and no secret in either. */
import * as DataDirectory from "@farmops/core/host/DataDirectory"
import { layerLog } from "@farmops/core/log/layerLog"
import { logLevels } from "@farmops/core/log/logLevels"
import { layerSecretsToScrub } from "@farmops/core/log/SecretsToScrub"
import { Effect } from "effect"
import { HttpServer } from "effect/http"
import type { HarnessFile } from "./HarnessFile.ts"
import { secretsOf } from "./HarnessSettings.ts"
import { harnessLayer } from "./harnessLayer.ts"
import { dataFolderOf } from "./harnessServices.ts"
import { layerTelemetry } from "./layerTelemetry.ts"

/** What a program says of its surroundings. */
export interface RunHarnessOptions {
  readonly port: number
  readonly host: string
  readonly level: keyof typeof logLevels
  /** For the container engine's socket and the collector of traces. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** `ready` is told the port as soon as it listens. Never succeeds. A second harness on the same memory fails. */
export const runHarness = <E, R>(
  file: HarnessFile,
  { environment, host, level, port }: RunHarnessOptions,
  ready: (port: number) => Effect.Effect<void, E, R>
) => {
  const serve = Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    yield* ready("port" in address ? address.port : port)
    return yield* Effect.never
  }).pipe(
    Effect.provide(harnessLayer(file, { host, port, engineSocket: environment.FARMOPS_CONTAINER_SOCKET ?? null }))
  )
  return DataDirectory.open(dataFolderOf(file)).pipe(
    Effect.andThen(serve),
    Effect.scoped,
    Effect.provide(layerTelemetry(environment)),
    Effect.provide(layerLog({ format: "auto", level: logLevels[level] })),
    Effect.provide(layerSecretsToScrub(secretsOf(file)))
  )
}
