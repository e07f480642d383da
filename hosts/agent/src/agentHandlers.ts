/** Answers the agent's API from its status, its log and its plugin. */
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { isLoopback } from "@farmops/core/host/guardHostName"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { AgentApi, KeyNotRotated, LogUnavailable, PageRefused, PluginNotReloaded, pendingShownMax } from "./AgentApi.ts"
import { AgentRun } from "./AgentRun.ts"
import { AgentStatus } from "./AgentStatus.ts"
import { PluginSupervisor } from "./PluginSupervisor.ts"

const logUnavailable = () => Effect.fail(new LogUnavailable({ code: "log_unavailable" }))

/** Handlers of `AgentApi`. Whoever can reach an address beyond loopback may look, but not change the agent's key. */
export const layerAgentHandlers = (config: { readonly host: string }) =>
  HttpApiBuilder.group(
    AgentApi,
    "agent",
    Effect.fnUntraced(function* (handlers) {
      const run = yield* AgentRun
      const status = yield* AgentStatus
      const log = yield* ProofLog
      const plugins = yield* PluginSupervisor
      const outbox = yield* ProofOutbox

      const delivery = Effect.gen(function* () {
        const delivered = (yield* log.deliveredThrough) + 1
        return { pending: (yield* log.count) - delivered, delivered }
      }).pipe(Effect.catchTag("ProofLogUnavailable", logUnavailable))

      return handlers.handleAll({
        status: () =>
          Effect.map(delivery, (counts) => ({
            ...status.state.value,
            ...counts,
            delivery_error: outbox.state.value.lastError,
            delivery_stopped: outbox.state.value.stopped
          })),
        plugins: () => Effect.map(plugins.list, (list) => ({ plugins: list })),
        reload: Effect.fnUntraced(function* ({ request }) {
          // A browser names the page that asks; curl and the CLI name none.
          if (request.headers.origin !== undefined) return yield* new PageRefused({ code: "forbidden" })
          yield* plugins.reload.pipe(
            Effect.mapError(
              ({ reason }) =>
                new PluginNotReloaded({ code: "plugin_not_ready", detail: `the plugin did not start: ${reason}` })
            )
          )
          return { plugins: yield* plugins.list }
        }),
        rotateKey: Effect.fnUntraced(function* ({ request }) {
          if (request.headers.origin !== undefined || !isLoopback(config.host)) {
            return yield* new PageRefused({ code: "forbidden" })
          }
          const { fingerprint, publicKey, receipt } = yield* run.rotateKey.pipe(
            Effect.catchTags({
              AgentNotWorking: ({ message }) =>
                Effect.fail(new KeyNotRotated({ code: "agent_not_working", detail: message })),
              AgentKeyLost: () =>
                Effect.fail(
                  new KeyNotRotated({
                    code: "key_lost",
                    detail: "the proofs were signed by another key than the agent's"
                  })
                ),
              KeyFileUnreadable: () =>
                Effect.fail(
                  new KeyNotRotated({ code: "key_file_unusable", detail: "the agent's key files cannot be used" })
                ),
              ProofLogUnavailable: logUnavailable
            })
          )
          return { public_key: publicKey, fingerprint, proof_id: receipt.proofId, sequence: receipt.sequence }
        }),
        pending: () =>
          Effect.gen(function* () {
            const { pending } = yield* delivery
            const entries = yield* Effect.flatMap(log.deliveredThrough, (through) =>
              log.entriesAfter(through, pendingShownMax)
            )
            return {
              pending,
              proofs: entries.map(({ hash, proofId, sequence }) => ({ proof_id: proofId, sequence, hash }))
            }
          }).pipe(Effect.catchTag("ProofLogUnavailable", logUnavailable))
      })
    })
  )
