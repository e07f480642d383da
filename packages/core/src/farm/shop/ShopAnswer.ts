/** What the shop answers: receipts for what is in the ledger, and refusals with the numbers that they are about. */
import { ProofId, ProofTimestamp } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import type { PurchaseRefusal } from "../economy/decidePurchase.ts"
import type { RefundRefusal } from "../economy/decideRefund.ts"
import type { UseRefusal } from "../economy/decideUse.ts"
import { Slug } from "../economy/Item.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

const place = {
  purchase_id: ProofId,
  item: Slug,
  /** Of the event in the ledger, and when the ledger took it. */
  position: Count,
  at: ProofTimestamp
}

const balance = { current_coins: Count, debt: Count }

/** Something was bought. */
export const PurchaseReceipt = Schema.Struct({
  ...place,
  level: Count,
  price: Count,
  /** Until then it can be given back; from then on it works. */
  settles_at: ProofTimestamp,
  ...balance
})

/** See the schema of the same name. */
export type PurchaseReceipt = typeof PurchaseReceipt.Type

/** Something was given back, for what was paid. */
export const RefundReceipt = Schema.Struct({ ...place, refunded: Count, ...balance })

/** See the schema of the same name. */
export type RefundReceipt = typeof RefundReceipt.Type

/** Something was used up; `freezes` are what the streak holds now. */
export const UseReceipt = Schema.Struct({ ...place, freezes: Count })

/** See the schema of the same name. */
export type UseReceipt = typeof UseReceipt.Type

/** The level that was asked for is not the next one. */
export interface LevelChanged {
  readonly code: "level_changed"
  readonly expected: number
  readonly level: number
}

/** Why nothing happened. */
export type ShopRefusal = PurchaseRefusal | RefundRefusal | UseRefusal | LevelChanged

/** Every code of a {@link ShopRefusal}; programs may rely on them. */
export const shopRefusalCodes = [
  "item_unknown",
  "not_for_sale",
  "out_of_season",
  "already_owned",
  "sold_out",
  "level_required",
  "level_changed",
  "no_room",
  "price_changed",
  "insufficient_funds",
  "purchase_id_taken",
  "purchase_unknown",
  "already_refunded",
  "already_used",
  "too_late",
  "in_use",
  "not_usable",
  "no_effect"
] as const satisfies ReadonlyArray<ShopRefusal["code"]>

/** The shop said no, and nothing changed. `facts` are the numbers and names of the sentence. */
export class ShopRefused extends Schema.TaggedError<ShopRefused>()("ShopRefused", {
  code: Schema.Literals(shopRefusalCodes),
  detail: Schema.String,
  facts: Schema.Record(Schema.String, Schema.Union([Schema.Int, Schema.String]))
}) {
  override get message() {
    return this.detail
  }
}
