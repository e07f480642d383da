/** Enrols the agent whose key lies in a folder. Loaded only for `agent enroll`: nothing else here needs a key. */

import { resolve } from "node:path"
import { signEnrolment } from "@farmops/agent/layer"
import { TrackerClient } from "@farmops/core/delivery/TrackerClient"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { AgentKey } from "@farmops/proof/AgentKey"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, Layer } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { FarmConnection } from "./FarmConnection.ts"

/** The tracker's answer without the farm's salt, which is for the agent only and must not reach a terminal. */
export const enrollKey = Effect.fn("enrollKey")(function* (options: {
  readonly keyDir: string
  readonly alias: string
  readonly recoveryPublicKey: string | null
  readonly cwd: string
}) {
  const { trackerUrl } = yield* FarmConnection
  const key = AgentKey.layerFile(resolve(options.cwd, options.keyDir)).pipe(Layer.provide(Ed25519Node.layer))
  const ask = Effect.gen(function* () {
    const client = yield* TrackerClient
    return yield* client.enroll(yield* signEnrolment(options.alias, options.recoveryPublicKey))
  })
  const { agent_id, fingerprint, head, status } = yield* ask.pipe(
    Effect.provide(Layer.merge(key, TrackerClient.layerRest(trackerUrl))),
    Effect.catchTags({
      TrackerUnavailable: ({ message }) =>
        Effect.fail(
          new CommandFailed({ code: "unreachable", detail: message, cure: null, exitCode: exitCodes.unavailable })
        ),
      TrackerRefused: ({ code, message }) =>
        Effect.fail(new CommandFailed({ code, detail: message, cure: null, exitCode: exitCodes.dataInvalid }))
    })
  )
  return { agent_id, status, fingerprint, head }
})
