/** A village without its HTTP: its services on a database of the test's choice, and what tests do with them. */

import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Health } from "../src/host/Health.ts"
import * as Database from "../src/sql/Database.ts"
import { FarmerProfiles } from "../src/village/FarmerProfiles.ts"
import { FarmerStore } from "../src/village/FarmerStore.ts"
import { Leaderboard } from "../src/village/Leaderboard.ts"
import { Roster } from "../src/village/Roster.ts"
import { SnapshotSource } from "../src/village/SnapshotSource.ts"
import { SnapshotSync } from "../src/village/SnapshotSync.ts"
import { villageMigrations } from "../src/village/villageTables.ts"
import { startStandIn } from "./standInTracker.ts"

export const syncSeconds = 60

export const layerVillage = (
  options: { readonly db?: string; readonly farmersMax?: number; readonly allowPrivateAddresses?: boolean } = {}
) => {
  const { allowPrivateAddresses = true, db = ":memory:", farmersMax } = options
  const database = Database.layerMigrations("village", villageMigrations).pipe(Layer.provideMerge(Database.layer(db)))
  return Layer.mergeAll(Roster.layer, FarmerProfiles.layer, SnapshotSync.layer).pipe(
    Layer.provideMerge(
      Layer.mergeAll(FarmerStore.layer({ syncMs: syncSeconds * 1000, farmersMax }), Leaderboard.layer)
    ),
    Layer.provideMerge(
      Layer.mergeAll(database, Health.layer, Ed25519Node.layer, SnapshotSource.layer({ allowPrivateAddresses }))
    )
  )
}

/** When each of these tests begins. */
export const start = Date.parse("2026-03-01T12:00:00Z")

/** Starts at a fixed time, with an empty village of its own. */
export const inVillage = <A, E, R>(test: Effect.Effect<A, E, R>, options?: Parameters<typeof layerVillage>[0]) =>
  Effect.andThen(TestClock.setTime(start), test).pipe(Effect.scoped, Effect.provide(layerVillage(options)))

export const standing = Effect.gen(function* () {
  const entries = yield* (yield* Leaderboard).top("coins", 200)
  return entries.map(({ display_name, rank, total_coins }) => `${rank} ${display_name} ${total_coins}`)
})

export const nextRound = Effect.gen(function* () {
  yield* TestClock.adjust(`${syncSeconds} seconds`)
  yield* (yield* SnapshotSync).syncDue
})

/** A tracker that shows a farm, registered under a name. */
export const joined = Effect.fnUntraced(function* (name: string, coins: number, streak = 0) {
  const tracker = yield* startStandIn
  yield* tracker.shows({ coins, streak })
  const { answer } = yield* (yield* Roster).register(yield* tracker.registration(name))
  return { ...tracker, id: answer.farmer_id }
})

export const profileOf = Effect.fnUntraced(function* (id: string) {
  return yield* (yield* FarmerProfiles).profile(id)
})

export const refusalOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)
