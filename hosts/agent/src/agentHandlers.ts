/** Answers the agent's API from its status, its log, its store and its plugins. */
import { ProofOutbox } from "@farmops/core/delivery/ProofOutbox"
import { isLoopback } from "@farmops/core/host/guardHostName"
import { ObservationStore } from "@farmops/plugin-sdk/runtime/ObservationStore"
import { PluginRuntime } from "@farmops/plugin-sdk/runtime/PluginRuntime"
import { ProofLog } from "@farmops/proof/ProofLog"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { AgentApi, KeyNotRotated, LogUnavailable, PageRefused, PluginNotReloaded, pendingShownMax } from "./AgentApi.ts"
import { AgentRun } from "./AgentRun.ts"
import { AgentStatus } from "./AgentStatus.ts"
import { OutboxGate } from "./OutboxGate.ts"
import { SourceBoard } from "./SourceBoard.ts"

const logUnavailable = () => Effect.fail(new LogUnavailable({ code: "log_unavailable" }))

/** Handlers of `AgentApi`. Whoever can reach an address beyond loopback may look, but change nothing. */
export const layerAgentHandlers = (config: { readonly host: string; readonly outboxMax: number }) =>
  HttpApiBuilder.group(
    AgentApi,
    "agent",
    Effect.fnUntraced(function* (handlers) {
      const run = yield* AgentRun
      const status = yield* AgentStatus
      const log = yield* ProofLog
      const plugins = yield* PluginRuntime
      const store = yield* ObservationStore
      const gate = yield* OutboxGate
      const board = yield* SourceBoard
      const outbox = yield* ProofOutbox

      const delivery = Effect.gen(function* () {
        const delivered = (yield* log.deliveredThrough) + 1
        return { pending: (yield* log.count) - delivered, delivered }
      }).pipe(Effect.catchTag("ProofLogUnavailable", logUnavailable))

      const isLocal = isLoopback(config.host)
      // A browser names the page that asks; curl and the CLI name none.
      const refusePages = ({ headers }: { readonly headers: Readonly<Record<string, string | undefined>> }) =>
        headers.origin !== undefined || !isLocal ? new PageRefused({ code: "forbidden" }) : Effect.void

      const sources = Effect.map(board.list, (list) =>
        isLocal ? list : list.map((source) => ({ ...source, reason: null }))
      )
      const listed = Effect.sync(() => ({ plugins: plugins.status.value }))

      const observations = Effect.sync(() => {
        const { bytes, evicted, expired, pending, setAside } = store.usage.value
        const { warnings } = status.state.value
        return { pending, set_aside: setAside, bytes, expired, memories_evicted: evicted, paused: warnings.length > 0 }
      })

      return handlers.handleAll({
        status: Effect.fnUntraced(function* () {
          const counts = yield* delivery
          const full = yield* gate.isFull
          return {
            ...status.state.value,
            ...counts,
            sources: yield* sources,
            observations: yield* observations,
            outbox: { ...counts, max: config.outboxMax, full },
            delivery_error: outbox.state.value.lastError,
            delivery_stopped: outbox.state.value.stopped
          }
        }),
        sources: () => Effect.map(sources, (list) => ({ sources: list })),
        plugins: () => listed,
        reload: Effect.fnUntraced(function* ({ request }) {
          yield* refusePages(request)
          yield* plugins.reload.pipe(
            Effect.mapError(({ message, plugin }) => {
              const code = plugin === null ? "manifest_invalid" : "plugin_not_ready"
              return new PluginNotReloaded({ code, detail: message })
            })
          )
          return yield* listed
        }),
        rotateKey: Effect.fnUntraced(function* ({ request }) {
          yield* refusePages(request)
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
