/** Answers the tracker's API from its services. Translates their errors, each to one problem; decides nothing. */

import { encodeBase64 } from "@farmops/proof/base64"
import { Effect, Layer, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Checkpoints } from "../farm/checkpoint/Checkpoints.ts"
import { FarmFeed } from "../farm/FarmFeed.ts"
import { snapshotDaysMax } from "../farm/FarmSnapshot.ts"
import { FarmHistory } from "../farm/history/FarmHistory.ts"
import { FarmKeys } from "../farm/keys/FarmKeys.ts"
import { Ledger } from "../farm/Ledger.ts"
import { dailyDaysMax } from "../farm/listing/dailySeries.ts"
import { ProofIntake } from "../farm/ProofIntake.ts"
import type { ProofRefused } from "../farm/ProofRefused.ts"
import { SnapshotSigner } from "../farm/SnapshotSigner.ts"
import { TrustStore } from "../farm/TrustStore.ts"
import { Villages } from "../farm/Villages.ts"
import { dayNumberOf, dayOfNumber } from "../scoring/farmDay.ts"
import { AskingAgent } from "./AgentDoor.ts"
import { layerAuditHandlers } from "./auditHandlers.ts"
import { layerBadgeHandlers } from "./badgeHandlers.ts"
import { layerChronicleHandlers } from "./chronicleHandlers.ts"
import { eventStream } from "./eventStream.ts"
import { historyProblems } from "./historyAnswers.ts"
import { layerRequestForm } from "./InvalidRequest.ts"
import { layerKeyHandlers } from "./keyHandlers.ts"
import { agentMissing, away, orAway } from "./ledgerAnswers.ts"
import { layerLiveHandlers } from "./liveHandlers.ts"
import { layerRulesHandlers } from "./rulesHandlers.ts"
import { layerSeasonHandlers } from "./seasonHandlers.ts"
import { layerShopHandlers } from "./shopHandlers.ts"
import { TrackerApi } from "./TrackerApi.ts"
import { layerTimeZoneHandlers } from "./timeZoneHandlers.ts"
import {
  AgentConflict,
  AgentUnauthenticated,
  CheckpointMissing,
  EnrolmentForbidden,
  isConflict,
  isForbidden,
  isUnauthenticated,
  LedgerDiffers,
  ProofConflict,
  ProofForbidden,
  ProofInvalid,
  ProofMissing,
  ProofMovedAway,
  SpanInvalid,
  TooManyWatchers,
  VillageRefused
} from "./trackerProblems.ts"
import { layerTrustHandlers } from "./trustHandlers.ts"

const refusal = ({ code, detail, expected, path }: ProofRefused) => {
  const body = { detail, expected, path }
  if (isUnauthenticated(code)) return Effect.fail(new AgentUnauthenticated({ code, ...body }))
  if (isForbidden(code)) return Effect.fail(new ProofForbidden({ code, ...body }))
  if (isConflict(code)) return Effect.fail(new ProofConflict({ code, ...body }))
  return Effect.fail(new ProofInvalid({ code, ...body }))
}

const submission = HttpApiBuilder.group(
  TrackerApi,
  "submission",
  Effect.fnUntraced(function* (handlers) {
    const intake = yield* ProofIntake
    const trust = yield* TrustStore
    return handlers.handleAll({
      submit: ({ payload }) =>
        Effect.flatMap(AskingAgent, (sender) => intake.accept(payload, sender)).pipe(
          // The answers differ in type, so that each gets its own status.
          Effect.map(({ already, coins, pending, ...taken }) =>
            pending
              ? { ...taken, pending, already }
              : already
                ? { ...taken, coins, already }
                : { ...taken, coins, already }
          ),
          Effect.catchTags({ ProofRefused: refusal, LedgerUnavailable: away })
        ),
      enroll: ({ payload }) =>
        trust.enroll(payload).pipe(
          Effect.catchTags({
            AgentKeyMismatch: () =>
              Effect.fail(
                new AgentConflict({
                  code: "agent_key_mismatch",
                  detail: "This agent is enrolled with another key or recovery key, or this key with another agent."
                })
              ),
            PossessionUnproved: ({ reason }) =>
              Effect.fail(
                new EnrolmentForbidden({
                  code: reason,
                  detail:
                    reason === "stale"
                      ? "The request is more than five minutes old, or from the future: check the clock."
                      : "The possession is not this key's signature over this request."
                })
              ),
            EnrolmentsFull: () =>
              Effect.fail(
                new EnrolmentForbidden({
                  code: "enrolments_full",
                  detail: "Too many agents wait; the owner has to decide on some first."
                })
              ),
            LedgerUnavailable: away
          })
        )
    })
  })
)

const defaultPage = 20

const proofMissing = () => Effect.fail(new ProofMissing({ code: "proof_not_found" }))
const checkpointMissing = () => Effect.fail(new CheckpointMissing({ code: "checkpoint_not_found" }))
const differs = () => Effect.fail(new LedgerDiffers({ code: "checkpoint_inconsistent" }))

const reading = HttpApiBuilder.group(
  TrackerApi,
  "reading",
  Effect.fnUntraced(function* (handlers) {
    const ledger = yield* Ledger
    const feed = yield* FarmFeed
    const history = yield* FarmHistory
    const villages = yield* Villages
    const checkpoints = yield* Checkpoints
    return handlers.handleAll({
      proofs: ({
        query: { agent_id: agentId, actor: actorHash, limit = defaultPage, cursor = null, order, ...rest }
      }) => ledger.page({ ...rest, agentId, actorHash, limit, cursor, oldestFirst: order === "oldest" }).pipe(orAway),
      proof: ({ params }) =>
        ledger.proof(params.id).pipe(
          Effect.catchTags({
            ProofNotFound: proofMissing,
            LedgerUnavailable: away
          })
        ),
      bundle: ({ params }) =>
        checkpoints.bundle(params.id).pipe(
          Effect.catchTags({
            ProofNotFound: proofMissing,
            ProofArchived: () => Effect.fail(new ProofMovedAway({ code: "proof_archived" })),
            // A proof without a checkpoint that covers it: the checkpointer has just signed none.
            CheckpointNotFound: away,
            CheckpointInconsistent: differs,
            LedgerUnavailable: away
          })
        ),
      export: ({ query }) =>
        (query.agent_id === undefined ? ledger.allLines : ledger.lines(query.agent_id)).pipe(
          Effect.map((lines) =>
            HttpServerResponse.stream(Stream.encodeText(Stream.map(lines, (line) => `${line}\n`)), {
              contentType: "application/x-ndjson"
            })
          ),
          Effect.catchTags({ AgentUnknown: agentMissing, LedgerUnavailable: away })
        ),
      farm: ({ query }) =>
        query.at === undefined
          ? ledger.farm.pipe(orAway)
          : history.farmAt(query.at).pipe(Effect.catchTags(historyProblems)),
      events: () =>
        Effect.map(feed.watch, eventStream).pipe(
          Effect.catchTags({
            FeedFull: () => Effect.fail(new TooManyWatchers({ code: "too_many_watchers" })),
            LedgerUnavailable: away
          })
        ),
      stats: () =>
        Effect.gen(function* () {
          const { farm_day } = yield* ledger.farm
          const boards = yield* ledger.categories
          const days = yield* ledger.daysAfter(dayOfNumber(dayNumberOf(farm_day) - snapshotDaysMax))
          return {
            boards: boards.map(({ lastProofAt, ...sum }) => ({ ...sum, last_proof_at: lastProofAt })),
            days: days.map(({ farmDay, ...sum }) => ({ day: farmDay, ...sum }))
          }
        }).pipe(orAway),
      daily: ({ query: { board = null, category = null, from = null, to = null } }) =>
        ledger.daily({ board, category, from, to }).pipe(
          Effect.catchTags({
            SpanTooLong: ({ days }) =>
              Effect.fail(
                new SpanInvalid({ code: "span_too_long", detail: `${days} days; ask for ${dailyDaysMax} at most.` })
              ),
            LedgerUnavailable: away
          })
        ),
      villages: () => Effect.map(villages.list, (joined) => ({ villages: joined })).pipe(orAway),
      leaderboard: () => Effect.map(villages.board, (entries) => ({ entries })).pipe(orAway)
    })
  })
)

const owner = HttpApiBuilder.group(
  TrackerApi,
  "owner",
  Effect.fnUntraced(function* (handlers) {
    const villages = yield* Villages
    return handlers.handleAll({
      joinVillage: ({ payload }) =>
        villages.join(payload.url).pipe(
          Effect.catchTags({
            VillageNotJoined: ({ code, detail }) => Effect.fail(new VillageRefused({ code, detail })),
            LedgerUnavailable: away
          })
        )
    })
  })
)

const open = HttpApiBuilder.group(
  TrackerApi,
  "public",
  Effect.fnUntraced(function* (handlers) {
    const ledger = yield* Ledger
    const signer = yield* SnapshotSigner
    const checkpoints = yield* Checkpoints
    const keys = yield* FarmKeys
    return handlers.handleAll({
      profile: () =>
        Effect.gen(function* () {
          const { farm_id, fingerprint, public_key } = yield* keys.list
          const { level, name, sample, streak_days, total_coins } = yield* ledger.farm
          return { farm_id, name, sample, public_key, fingerprint, total_coins, level, streak_days }
        }).pipe(orAway),
      snapshot: () => signer.snapshot.pipe(orAway),
      checkpoint: ({ query }) =>
        Effect.map(query.size === undefined ? checkpoints.latest : checkpoints.at(query.size), ({ note }) => note).pipe(
          Effect.catchTags({
            CheckpointNotFound: checkpointMissing,
            CheckpointInconsistent: away,
            LedgerUnavailable: away
          })
        ),
      consistency: ({ query: { from, to } }) =>
        Effect.map(checkpoints.consistency(from, to), (hashes) => ({
          from,
          to,
          hashes: hashes.map(encodeBase64)
        })).pipe(
          Effect.catchTags({
            CheckpointNotFound: checkpointMissing,
            CheckpointInconsistent: differs,
            LedgerUnavailable: away
          })
        )
    })
  })
)

/** All handlers of `TrackerApi`; they need its services and the two access middlewares. */
export const layerTrackerHandlers = Layer.mergeAll(
  submission,
  reading,
  owner,
  open,
  layerTrustHandlers,
  layerKeyHandlers,
  layerShopHandlers,
  layerRulesHandlers,
  layerTimeZoneHandlers,
  layerAuditHandlers,
  layerBadgeHandlers,
  layerLiveHandlers,
  layerChronicleHandlers,
  layerSeasonHandlers
).pipe(Layer.provide(layerRequestForm))
