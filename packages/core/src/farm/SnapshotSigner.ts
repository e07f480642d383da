/** Makes the farm's signed snapshot for villages. */
import { signStatement } from "@farmops/proof/signedStatement"
import { categories } from "@farmops/proof/vocabulary"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { dayNumberOf, dayOfNumber } from "../scoring/farmDay.ts"
import { readLatestCheckpoint } from "./checkpoint/CheckpointStore.ts"
import { type OwnedItem, ownedItems } from "./economy/ownedItems.ts"
import type { DaySum } from "./FarmProjection.ts"
import {
  type CheckpointRef,
  type FarmSnapshot,
  type SnapshotBody,
  snapshotDaysMax,
  snapshotUpgradesMax
} from "./FarmSnapshot.ts"
import type { FarmState } from "./FarmState.ts"
import { Ledger } from "./Ledger.ts"
import { LedgerSettings } from "./LedgerSettings.ts"
import { orLedgerUnavailable } from "./LedgerUnavailable.ts"
import { TrackerKey } from "./TrackerKey.ts"
import { wireNow } from "./wireTime.ts"

/** The body of a snapshot. Pure. */
export const snapshotBody = (
  farm: FarmState,
  days: ReadonlyArray<DaySum>,
  {
    asOf,
    checkpoint,
    farmId,
    owned
  }: {
    readonly asOf: string
    readonly checkpoint: CheckpointRef | null
    readonly farmId: string
    readonly owned: ReadonlyArray<OwnedItem>
  }
): SnapshotBody => ({
  schema: "farmops/snapshot/1",
  farm_id: farmId,
  name: farm.name,
  sample: farm.sample,
  as_of: asOf,
  sequence: farm.proofs,
  total_coins: farm.total_coins,
  current_coins: farm.current_coins,
  bot_coins: farm.bot_coins,
  level: farm.level,
  streak_days: farm.streak_days,
  // What is used up one day is nothing to show.
  upgrades: owned
    .filter(({ kind }) => kind !== "consumable")
    .slice(0, snapshotUpgradesMax)
    .map(({ item, level }) => ({ slug: item, level })),
  ruleset_hash: farm.ruleset_hash,
  checkpoint,
  days: days
    .filter(({ board }) => board === "human")
    .toSorted(
      (a, b) =>
        dayNumberOf(a.farmDay) - dayNumberOf(b.farmDay) ||
        categories.indexOf(a.category) - categories.indexOf(b.category)
    )
    .map(({ category, farmDay, proofs, work }) => ({ day: farmDay, category, proofs, work })),
  categories: farm.categories.map(({ category, total_coins, total_proofs }) => ({
    category,
    total_proofs,
    total_coins
  }))
})

const make = Effect.gen(function* () {
  const ledger = yield* Ledger
  const key = yield* TrackerKey
  const { farmId } = yield* LedgerSettings
  const sql = yield* SqlClient.SqlClient

  const checkpointNow = readLatestCheckpoint.pipe(
    Effect.map((stored): CheckpointRef | null => stored && { size: stored.size, root: stored.root }),
    orLedgerUnavailable,
    Effect.provideService(SqlClient.SqlClient, sql)
  )

  const snapshot = Effect.gen(function* () {
    const { checkpoint, days, farm, owned, signer } = yield* ledger.atOneMoment(
      Effect.gen(function* () {
        const farm = yield* ledger.farm
        const days = yield* ledger.daysAfter(dayOfNumber(dayNumberOf(farm.farm_day) - snapshotDaysMax))
        const signer = yield* Effect.provideService(key.inForce, SqlClient.SqlClient, sql)
        const owned = ownedItems(yield* ledger.holdings)
        return { farm, days, owned, checkpoint: yield* checkpointNow, signer }
      })
    )
    const body = snapshotBody(farm, days, { asOf: yield* wireNow, checkpoint, farmId, owned })
    const signed: FarmSnapshot = {
      body,
      public_key: signer.publicKey,
      signature: signStatement(signer, "farmops/snapshot/v1", body)
    }
    return signed
  }).pipe(Effect.withSpan("SnapshotSigner.snapshot"))

  return { snapshot } as const
})

/** Signs what the farm says of itself with its {@link TrackerKey}. */
export class SnapshotSigner extends Context.Service<SnapshotSigner>()("@farmops/core/farm/SnapshotSigner", { make }) {
  static readonly layer: Layer.Layer<
    SnapshotSigner,
    never,
    Ledger | LedgerSettings | SqlClient.SqlClient | TrackerKey
  > = Layer.effect(this, this.make)
}
