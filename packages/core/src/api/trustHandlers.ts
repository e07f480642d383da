/** Answers the routes about agents from `TrustStore` and `Ledger`. Translates their errors, each to one problem. */
import { Effect, Layer, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Ledger } from "../farm/Ledger.ts"
import { ProofIntake } from "../farm/ProofIntake.ts"
import { TrustStore } from "../farm/TrustStore.ts"
import { AgentKeys } from "../farm/trust/AgentKeys.ts"
import { agentMissing, away, orAway } from "./ledgerAnswers.ts"
import { TrackerApi } from "./TrackerApi.ts"
import { AgentConflict } from "./trackerProblems.ts"

const defaultPage = 50

const conflict = (code: AgentConflict["code"], detail: string) => () => Effect.fail(new AgentConflict({ code, detail }))

const trust = HttpApiBuilder.group(
  TrackerApi,
  "trust",
  Effect.fnUntraced(function* (handlers) {
    const store = yield* TrustStore
    const ledger = yield* Ledger
    return handlers.handleAll({
      agents: () => Effect.map(store.list, (agents) => ({ agents })).pipe(orAway),
      agentTrust: ({ params }) =>
        store.trust(params.id).pipe(Effect.catchTags({ AgentUnknown: agentMissing, LedgerUnavailable: away })),
      forks: ({ params }) =>
        Effect.map(store.forks(params.id), (lines) => lines.map((line) => `${line}\n`).join("")).pipe(
          Effect.catchTags({ AgentUnknown: agentMissing, LedgerUnavailable: away })
        ),
      ledgerEvents: ({ query }) => ledger.events(query.cursor ?? -1, query.limit ?? defaultPage).pipe(orAway)
    })
  })
)

const decisions = HttpApiBuilder.group(
  TrackerApi,
  "decisions",
  Effect.fnUntraced(function* (handlers) {
    const store = yield* TrustStore
    const intake = yield* ProofIntake
    const keys = yield* AgentKeys
    return handlers.handleAll({
      approve: ({ params }) =>
        store.approve(params.id).pipe(
          Effect.tap(intake.settle(params.id)),
          Effect.andThen(store.get(params.id)),
          Effect.catchTags({
            AgentUnknown: agentMissing,
            AgentRevoked: conflict("agent_revoked", "A revoked agent stays revoked; enrol a new one."),
            LedgerUnavailable: away
          })
        ),
      issueKey: ({ params }) =>
        Effect.map(keys.issue(params.id), (key) => ({ agent_id: params.id, api_key: Redacted.value(key) })).pipe(
          Effect.catchTags({
            AgentUnknown: agentMissing,
            AgentRevoked: conflict("agent_revoked", "A revoked agent gets no key."),
            LedgerUnavailable: away
          })
        ),
      dropKeys: ({ params }) =>
        Effect.map(keys.drop(params.id), (dropped) => ({ agent_id: params.id, dropped })).pipe(
          Effect.catchTags({ AgentUnknown: agentMissing, LedgerUnavailable: away })
        ),
      revoke: ({ params, payload }) => {
        const lastTrusted = payload?.last_trusted
        return store.revoke(params.id, lastTrusted === undefined ? "received" : lastTrusted).pipe(
          Effect.catchTags({
            AgentUnknown: agentMissing,
            LastTrustedUnknown: conflict(
              "last_trusted_unknown",
              "The agent's chain holds no such proof here; nothing was revoked."
            ),
            TrustWithdrawn: conflict(
              "trust_withdrawn",
              "The agent was revoked from an earlier point, and trust is not given back."
            ),
            BodiesArchived: conflict("proofs_archived", "Restore the archived proofs first; nothing was revoked."),
            LedgerUnavailable: away
          })
        )
      }
    })
  })
)

/** Handlers of both groups. */
export const layerTrustHandlers = Layer.mergeAll(trust, decisions)
