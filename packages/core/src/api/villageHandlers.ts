/** Answers the village's API from its services. Translates their errors, each into a problem with a stable code; decides nothing. */
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import type { SnapshotFault } from "../village/checkSnapshot.ts"
import { FarmerProfiles } from "../village/FarmerProfiles.ts"
import { Leaderboard } from "../village/Leaderboard.ts"
import { Roster, type SnapshotRefused } from "../village/Roster.ts"
import type { TrackerSilent } from "../village/SnapshotSource.ts"
import { layerRequestForm } from "./InvalidRequest.ts"
import * as Api from "./VillageApi.ts"

const faultSentences: Readonly<Record<SnapshotFault, string>> = {
  malformed: "The tracker's answer is not a snapshot of a form that this village knows.",
  other_key: "The tracker signs with another key than the one of this registration.",
  bad_signature: "The snapshot's signature does not hold.",
  inconsistent: "The snapshot's numbers contradict each other.",
  from_the_future: "The snapshot's time is more than five minutes ahead: check the tracker's clock.",
  older: "The snapshot is older than the one that this village has.",
  ledger_replaced: "This key spoke for another ledger before, or for a longer one. Unregister first."
}

const unavailable = () =>
  Effect.fail(
    new Api.VillageNotServing({ code: "village_unavailable", detail: "The database does not answer; try again." })
  )

const busy = () =>
  Effect.fail(
    new Api.VillageNotServing({ code: "village_busy", detail: "Many are registering; try again in a moment." })
  )

const full = () =>
  Effect.fail(new Api.VillageNotServing({ code: "roster_full", detail: "This village takes no more farmers." }))

const notFound = () => Effect.fail(new Api.NoSuchFarmer({ code: "farmer_unknown" }))

const badSignature = () =>
  Effect.fail(
    new Api.RequestRefused({ code: "bad_signature", detail: "The signature is not this key's over this request." })
  )

const stale = () =>
  Effect.fail(
    new Api.RequestRefused({
      code: "stale",
      detail:
        "requested_at is more than five minutes off, or a newer request of this key came before: check the clock and sign anew."
    })
  )

const retired = () =>
  Effect.fail(
    new Api.RequestRefused({
      code: "key_retired",
      detail: "The farm has left this key behind: sign with the one in force."
    })
  )

const notShown = ({ fault }: SnapshotRefused) =>
  Effect.fail(new Api.SnapshotNotShown({ code: "snapshot_refused", fault, detail: faultSentences[fault] }))

const silent = ({
  reason
}: TrackerSilent): Effect.Effect<never, Api.TrackerAddressRefused | Api.TrackerNotAnswering> =>
  reason === "address_refused"
    ? Effect.fail(
        new Api.TrackerAddressRefused({
          code: "tracker_address_refused",
          detail: "Only public http or https addresses are called from here."
        })
      )
    : Effect.fail(new Api.TrackerNotAnswering({ code: "tracker_unreachable", reason }))

const reading = { VillageUnavailable: unavailable, FarmerUnknown: notFound } as const

const defaultLimit = 50

const layerFarmers = HttpApiBuilder.group(
  Api.VillageApi,
  "farmers",
  Effect.fnUntraced(function* (handlers) {
    const roster = yield* Roster
    const profiles = yield* FarmerProfiles
    return handlers.handleAll({
      register: ({ payload }) =>
        roster.register(payload).pipe(
          Effect.map(({ answer, isNew }) =>
            isNew ? { ...answer, already: false as const } : { ...answer, already: true as const }
          ),
          Effect.catchTags({
            RequestStale: stale,
            KeyRetired: retired,
            SignatureInvalid: badSignature,
            SnapshotRefused: notShown,
            TrackerSilent: silent,
            RosterFull: full,
            VillageBusy: busy,
            VillageUnavailable: unavailable
          })
        ),
      unregister: ({ headers, params }) =>
        roster
          .unregister({
            farmer_id: params.id,
            requested_at: headers["farmops-requested-at"],
            signature: headers["farmops-signature"]
          })
          .pipe(Effect.catchTags({ ...reading, RequestStale: stale, SignatureInvalid: badSignature })),
      list: ({ query }) =>
        profiles
          .list(query.limit ?? defaultLimit, query.cursor ?? null)
          .pipe(Effect.catchTag("VillageUnavailable", unavailable)),
      profile: ({ params }) => profiles.profile(params.id).pipe(Effect.catchTags(reading)),
      history: ({ params, query }) =>
        profiles.history(params.id, query.limit ?? defaultLimit, query.cursor ?? null).pipe(Effect.catchTags(reading))
    })
  })
)

const layerBoard = HttpApiBuilder.group(
  Api.VillageApi,
  "board",
  Effect.fnUntraced(function* (handlers) {
    const board = yield* Leaderboard
    return handlers.handleAll({
      leaderboard: ({ query }) => {
        const sort = query.sort ?? "coins"
        return board.top(sort, query.limit ?? defaultLimit).pipe(
          Effect.map((entries) => ({ sort, entries })),
          Effect.catchTag("VillageUnavailable", unavailable)
        )
      }
    })
  })
)

/** Every handler of the API. */
export const layerVillageHandlers: Layer.Layer<
  Layer.Success<typeof layerFarmers> | Layer.Success<typeof layerBoard>,
  never,
  FarmerProfiles | Leaderboard | Roster
> = Layer.mergeAll(layerFarmers, layerBoard).pipe(Layer.provide(layerRequestForm))
