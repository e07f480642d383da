/**
 * Keeps the village up to date: asks each tracker in turn for its snapshot. A tracker that is away, or that answers with
 * something that cannot be shown, leaves its farmer as the last good snapshot showed them.
 */
import { Ed25519 } from "@farmops/proof/Ed25519"
import { Clock, Context, Effect, Layer, Metric, Schedule } from "effect"
import { Health } from "../host/Health.ts"
import { checkSnapshot, type SnapshotFault } from "./checkSnapshot.ts"
import type { Farmer } from "./Farmer.ts"
import { FarmerStore } from "./FarmerStore.ts"
import { keyAfter, readKeyRow } from "./followKey.ts"
import { SnapshotSource, type TrackerSilent } from "./SnapshotSource.ts"
import type { VillageUnavailable } from "./VillageUnavailable.ts"
import { syncsTotal } from "./villageMetrics.ts"

/** What one pull came to. Anything but the first two is kept as the farmer's `last_error`. */
export type SyncResult = "changed" | "unchanged" | "internal_error" | SnapshotFault | TrackerSilent["reason"]

// A pull may take eight seconds and hold a megabyte; four of each do not hurt a small machine.
const pullsAtOnce = 4

// Those who are due are fetched from the database in portions, so that memory does not grow with the roster.
const portion = 64

// Due farmers are looked for this often. A village that syncs more rarely just finds none.
const lookAgainMs = 1000

const make = Effect.gen(function* () {
  const store = yield* FarmerStore
  const source = yield* SnapshotSource
  const health = yield* Health
  const { backend } = yield* Ed25519

  /** The key in force, where the farm can show that it followed the one that the village knows; else that one. */
  const followed = Effect.fnUntraced(function* ({ farm_id, public_key, tracker_url }: Farmer) {
    const text = yield* Effect.orElseSucceed(source.pullKeys(tracker_url), () => "")
    const row = readKeyRow(text, { farmId: farm_id, publicKey: public_key }, backend)
    const next = row === null ? null : keyAfter(row, public_key)
    // A farmer who came under the new key is another one: two do not become one here.
    return next === null || (yield* store.findByKey(next)) !== null ? public_key : next
  })

  const check = Effect.fnUntraced(function* (farmer: Farmer, text: string) {
    const nowMs = yield* Clock.currentTimeMillis
    const last = { farmId: farmer.farm_id, asOf: farmer.as_of, sequence: farmer.sequence }
    const under = (pinnedKey: string) => checkSnapshot({ text, pinnedKey, backend, nowMs, last })
    const known = under(farmer.public_key)
    const isOther = !known.ok && known.fault === "other_key"
    const publicKey = isOther ? yield* followed(farmer) : farmer.public_key
    const checked = isOther ? under(publicKey) : known
    if (!checked.ok) {
      yield* store.fail(farmer, checked.fault)
      return checked.fault
    }
    if (isOther)
      yield* Effect.logInfo("a farm signs with another key now, as its old one says", { farmer: farmer.farmer_id })
    return (yield* store.accept(farmer, checked.value, publicKey)) ? "changed" : "unchanged"
  })

  const sync = Effect.fn("SnapshotSync.sync")(function* (
    farmer: Farmer
  ): Effect.fn.Return<SyncResult, VillageUnavailable> {
    const result = yield* Effect.matchEffect(source.pull(farmer.tracker_url), {
      onFailure: ({ reason }): Effect.Effect<SyncResult, VillageUnavailable> =>
        Effect.as(store.fail(farmer, reason), reason),
      onSuccess: (text) => check(farmer, text)
    }).pipe(
      // A bulkhead: a bug that one tracker's answer meets must not keep all the others from being asked, for ever.
      Effect.catchDefect((defect) =>
        Effect.logError("a bug was met while a farmer was synced", defect).pipe(
          Effect.andThen(store.fail(farmer, "internal_error")),
          Effect.as("internal_error" as const)
        )
      )
    )
    yield* Metric.update(Metric.withAttributes(syncsTotal, { result }), 1)
    yield* Effect.logDebug("synced a farmer", { farmer: farmer.farmer_id, result })
    return result
  })

  const round = Effect.gen(function* () {
    const farmers = yield* store.due(portion)
    yield* Effect.forEach(farmers, sync, { concurrency: pullsAtOnce, discard: true })
    yield* health.set("database", true)
    return farmers.length
  })

  // A full portion means that more may be waiting; each farmer moves out of the way, so this ends.
  const untilNobodyIsDue: Effect.Effect<void, VillageUnavailable> = Effect.flatMap(round, (n) =>
    n === portion ? untilNobodyIsDue : Effect.void
  )

  const run = untilNobodyIsDue.pipe(
    Effect.catchTag("VillageUnavailable", (error) =>
      Effect.andThen(health.set("database", false), Effect.logWarning(error.message))
    ),
    Effect.repeat(Schedule.spaced(lookAgainMs))
  )

  return {
    /** Asks one tracker now. */
    sync,
    /** Asks all that are due, and ends. */
    syncDue: untilNobodyIsDue,
    /** Goes on for ever; a database that is away is waited for. */
    run
  } as const
})

/** The village's rounds. */
export class SnapshotSync extends Context.Service<SnapshotSync>()("@farmops/core/village/SnapshotSync", { make }) {
  static readonly layer: Layer.Layer<SnapshotSync, never, Ed25519 | FarmerStore | Health | SnapshotSource> =
    Layer.effect(this, this.make)

  /** The same, already going its rounds. */
  static readonly layerRunning: Layer.Layer<SnapshotSync, never, Ed25519 | FarmerStore | Health | SnapshotSource> =
    Layer.effectDiscard(Effect.flatMap(this, ({ run }) => Effect.forkScoped(run))).pipe(Layer.provideMerge(this.layer))
}
