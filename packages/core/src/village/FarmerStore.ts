/** Farmers and their snapshots in the database. Each method is one transaction; time never goes back for a farmer. */
import { uuidV7 } from "@farmops/proof/UuidV7"
import { Clock, Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { spellTime } from "../farm/wireTime.ts"
import type { GoodSnapshot } from "./checkSnapshot.ts"
import { decodeFarmers, type Farmer } from "./Farmer.ts"
import { appendHistory } from "./farmerHistory.ts"
import { isPastKey, leaveKey } from "./pastKeys.ts"
import type { RegistrationRequest } from "./Registration.ts"
import { retryAt, type Standing, standingOf } from "./standing.ts"
import { orVillageUnavailable, VillageUnavailable } from "./VillageUnavailable.ts"

/** There is no room for another farmer. */
export class RosterFull extends Schema.TaggedError<RosterFull>()("RosterFull", { farmersMax: Schema.Int }) {}

/** The request was overtaken by a newer one of the same key, or is not of this moment. Sign anew. */
export class RequestStale extends Schema.TaggedError<RequestStale>()("RequestStale", {}) {}

/** The farm has left this key behind. Sign with the one in force. */
export class KeyRetired extends Schema.TaggedError<KeyRetired>()("KeyRetired", {}) {}

/** A farm has one farmer in a village; who finds more has met impostors, and need not look at all of them. */
export const claimantsMax = 16

/** One process on SQLite serves this many from its indexes without effort; a public village sets more. */
export const farmersMaxDefault = 10_000

/** How a village keeps its farmers. */
export interface FarmerStoreOptions {
  /** The time between two pulls of one farmer. */
  readonly syncMs: number
  readonly farmersMax?: number | undefined
}

const dayMs = 24 * 60 * 60_000

const wire = (ms: number): string => spellTime(DateTime.makeUnsafe(ms))

const onlyOwn = <A, E, R>(effect: Effect.Effect<A, E | SqlError.SqlError | Schema.SchemaError, R>) =>
  Effect.mapError(effect, (error) =>
    error instanceof RosterFull || error instanceof RequestStale || error instanceof KeyRetired
      ? error
      : new VillageUnavailable({ cause: error })
  )

const make = Effect.fnUntraced(function* ({ farmersMax = farmersMaxDefault, syncMs }: FarmerStoreOptions) {
  const sql = yield* SqlClient.SqlClient

  const first = (rows: ReadonlyArray<Farmer>): Farmer | null => rows[0] ?? null
  const byKey = (publicKey: string) =>
    Effect.map(Effect.flatMap(sql`SELECT * FROM village_farmer WHERE public_key = ${publicKey}`, decodeFarmers), first)

  const keep = Effect.fnUntraced(function* (
    farmerId: string,
    before: Farmer | null,
    good: GoodSnapshot,
    standing: Standing,
    isOfNewKey = false
  ) {
    const isSame = before?.content_hash === good.contentHash
    if (isSame && !isOfNewKey) return
    yield* sql`INSERT INTO village_snapshot ${sql.insert({ farmer_id: farmerId, snapshot: good.text })}
      ON CONFLICT (farmer_id) DO UPDATE SET snapshot = excluded.snapshot`
    if (!isSame) yield* appendHistory(farmerId, standing, yield* Clock.currentTimeMillis)
  })

  // The comparison in the statement is the second check of what checkSnapshot decided on an earlier read.
  const advance = Effect.fnUntraced(function* (
    farmer: Farmer,
    good: GoodSnapshot,
    more: Partial<Pick<Farmer, "public_key" | "display_name" | "tracker_url" | "requested_at">>
  ) {
    const standing = standingOf(farmer, good, { nowMs: yield* Clock.currentTimeMillis, syncMs })
    const rows = yield* sql`UPDATE village_farmer SET ${sql.update({ ...standing, ...more })}
      WHERE farmer_id = ${farmer.farmer_id} AND public_key = ${farmer.public_key}
      AND as_of <= ${standing.as_of} AND sequence <= ${standing.sequence}
      RETURNING farmer_id`
    if (rows.length === 0) return false
    const isOfNewKey = more.public_key !== undefined && more.public_key !== farmer.public_key
    if (isOfNewKey) yield* leaveKey(farmer.farmer_id, farmer.public_key)
    yield* keep(farmer.farmer_id, farmer, good, standing, isOfNewKey)
    return farmer.content_hash !== good.contentHash
  })

  const renew = Effect.fnUntraced(function* (farmer: Farmer, request: RegistrationRequest, good: GoodSnapshot) {
    const { display_name, public_key, requested_at, tracker_url } = request
    if (requested_at < farmer.requested_at) return yield* new RequestStale()
    yield* advance(farmer, good, { public_key, display_name, tracker_url, requested_at })
    return { farmer: { ...farmer, display_name }, isNew: false }
  })

  const insert = Effect.fnUntraced(function* (request: RegistrationRequest, good: GoodSnapshot) {
    const gone = yield* sql<{ requested_at: string }>`SELECT requested_at FROM village_departure
      WHERE public_key = ${request.public_key}`
    if (gone.some(({ requested_at }) => request.requested_at <= requested_at)) return yield* new RequestStale()
    const counted = yield* sql<{ n: number | bigint }>`SELECT COUNT(*) AS n FROM village_farmer`
    if (Number(counted[0]?.n ?? 0) >= farmersMax) return yield* new RosterFull({ farmersMax })
    const nowMs = yield* Clock.currentTimeMillis
    const { signature: _, ...named } = request
    const standing = standingOf(null, good, { nowMs, syncMs })
    const farmer: Farmer = { farmer_id: yield* uuidV7, ...named, registered_at: wire(nowMs), ...standing }
    const rows = yield* sql`INSERT INTO village_farmer ${sql.insert(farmer)}
      ON CONFLICT (public_key) DO NOTHING RETURNING farmer_id`
    if (rows.length === 0) return null
    yield* keep(farmer.farmer_id, null, good, standing)
    return { farmer, isNew: true }
  })

  const join = Effect.fn("FarmerStore.join")(
    (request: RegistrationRequest, good: GoodSnapshot, before: Farmer | null) =>
      Effect.gen(function* () {
        if (yield* isPastKey(request.public_key)) return yield* new KeyRetired()
        const known = (yield* byKey(request.public_key)) ?? before
        if (known !== null) return yield* renew(known, request, good)
        const made = yield* insert(request, good)
        if (made !== null) return made
        // Another process of this village was faster with the same key.
        const other = yield* byKey(request.public_key)
        return other === null ? yield* new RequestStale() : yield* renew(other, request, good)
      }).pipe(sql.withTransaction, Effect.provideService(SqlClient.SqlClient, sql), onlyOwn)
  )

  const leave = Effect.fn("FarmerStore.leave")((farmer: Farmer, requestedAt: string) =>
    Effect.gen(function* () {
      yield* sql`DELETE FROM village_history WHERE farmer_id = ${farmer.farmer_id}`
      yield* sql`DELETE FROM village_snapshot WHERE farmer_id = ${farmer.farmer_id}`
      yield* sql`DELETE FROM village_past_key WHERE farmer_id = ${farmer.farmer_id}`
      yield* sql`DELETE FROM village_farmer WHERE farmer_id = ${farmer.farmer_id}`
      // What is kept of somebody who left: their key for as long as an overheard registration could bring them back.
      yield* sql`DELETE FROM village_departure WHERE requested_at < ${wire((yield* Clock.currentTimeMillis) - dayMs)}`
      yield* sql`INSERT INTO village_departure ${sql.insert({ public_key: farmer.public_key, requested_at: requestedAt })}
        ON CONFLICT (public_key) DO UPDATE SET requested_at = excluded.requested_at`
    }).pipe(sql.withTransaction, orVillageUnavailable)
  )

  return {
    /** By the farmer's id in this village; null where there is none. */
    find: Effect.fn("FarmerStore.find")((farmerId: string) =>
      orVillageUnavailable(
        Effect.map(
          Effect.flatMap(sql`SELECT * FROM village_farmer WHERE farmer_id = ${farmerId}`, decodeFarmers),
          first
        )
      )
    ),
    /** By the key that speaks for the farm; null where it never registered. */
    findByKey: Effect.fn("FarmerStore.findByKey")((publicKey: string) => orVillageUnavailable(byKey(publicKey))),
    /** Those who say that they are this farm; more than one where somebody claims to be another's. At most {@link claimantsMax}. */
    findByFarm: Effect.fn("FarmerStore.findByFarm")((farmId: string) =>
      orVillageUnavailable(
        Effect.flatMap(
          sql`SELECT * FROM village_farmer WHERE farm_id = ${farmId} ORDER BY registered_at LIMIT ${claimantsMax}`,
          decodeFarmers
        )
      )
    ),
    /** Adds a farmer with their first snapshot, or renews name and address of one that the key knows, or of `before`, whose key it follows. */
    join,
    /** Forgets a farmer and everything about their farm. */
    leave,
    /** Those whose turn it is, longest waiting first. */
    due: Effect.fn("FarmerStore.due")((limit: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
        orVillageUnavailable(
          Effect.flatMap(
            sql`SELECT * FROM village_farmer WHERE next_sync_ms <= ${nowMs} ORDER BY next_sync_ms LIMIT ${limit}`,
            decodeFarmers
          )
        )
      )
    ),
    /** Shows a good snapshot from now on, of the key that signed it. False where it says what was known, or where a newer one was faster. */
    accept: Effect.fn("FarmerStore.accept")((farmer: Farmer, good: GoodSnapshot, publicKey: string) =>
      advance(farmer, good, { public_key: publicKey }).pipe(
        sql.withTransaction,
        Effect.provideService(SqlClient.SqlClient, sql),
        orVillageUnavailable
      )
    ),
    /** Notes what went wrong; what is shown stays. */
    fail: Effect.fn("FarmerStore.fail")((farmer: Farmer, code: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMs) => {
        const failures = farmer.failures + 1
        const row = {
          last_error: code,
          last_error_at: wire(nowMs),
          failures,
          next_sync_ms: retryAt(nowMs, syncMs, failures)
        }
        return orVillageUnavailable(
          Effect.asVoid(sql`UPDATE village_farmer SET ${sql.update(row)} WHERE farmer_id = ${farmer.farmer_id}`)
        )
      })
    )
  } as const
})

/** The village's memory. Needs the tables of `villageMigrations`. */
export class FarmerStore extends Context.Service<FarmerStore>()("@farmops/core/village/FarmerStore", { make }) {
  static readonly layer = (options: FarmerStoreOptions): Layer.Layer<FarmerStore, never, SqlClient.SqlClient> =>
    Layer.effect(this, make(options))
}
