/** The tracker's routes about what coins buy: what there is and what is owned for whoever may read, purchases for the owner. */
import { ProofId } from "@farmops/proof/FarmProof"
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiError, HttpApiGroup, OpenApi } from "effect/http-api"
import { FarmAchievements } from "../farm/describeAchievements.ts"
import { Catalogue } from "../farm/economy/Catalogue.ts"
import { itemLevelsMax, priceMax, Slug } from "../farm/economy/Item.ts"
import {
  PurchaseReceipt,
  RefundReceipt,
  type ShopRefused,
  shopRefusalCodes,
  UseReceipt
} from "../farm/shop/ShopAnswer.ts"
import { FarmUpgrades, ShopWindow } from "../farm/shop/ShopWindow.ts"
import { idempotencyHeaders, RequestKeyTaken } from "./onceByKey.ts"
import { OwnerReads, RequireOwner } from "./ownerAccess.ts"
import { LedgerAway } from "./trackerProblems.ts"

const missingCodes = ["item_unknown", "purchase_unknown"] as const

type ConflictCode = Exclude<ShopRefused["code"], (typeof missingCodes)[number]>

const conflictCodes = shopRefusalCodes.filter(
  (code): code is ConflictCode => code !== "item_unknown" && code !== "purchase_unknown"
)

/** `facts` are the numbers and names that the sentence is about, such as `price` and `current_coins`. */
const refusalBody = {
  detail: Schema.String,
  facts: Schema.Record(Schema.String, Schema.Union([Schema.Int, Schema.String]))
}

/** The shop, or the farm, has no such thing. */
export class ShopMissing extends HttpApiError.Problem<ShopMissing>()(
  "ShopMissing",
  { type: "about:blank", status: 404, title: "There is no such thing" },
  { code: Schema.Literals(missingCodes), ...refusalBody }
) {}

/** The shop said no; nothing changed. */
export class ShopConflict extends HttpApiError.Problem<ShopConflict>()(
  "ShopConflict",
  { type: "about:blank", status: 409, title: "The shop said no" },
  { code: Schema.Literals(conflictCodes), ...refusalBody }
) {}

const about = (summary: string) => OpenApi.annotations({ summary })

const whole = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))

/** What to buy. Without `level` and `price` it is whatever comes next, for whatever it costs. */
export const PurchaseRequest = Schema.Struct({
  item: Slug,
  level: Schema.optionalKey(whole(itemLevelsMax)),
  price: Schema.optionalKey(whole(priceMax))
})

/** Something owned, by its purchase. */
export const PurchaseRef = Schema.Struct({ purchase_id: ProofId })

const error = [ShopMissing, ShopConflict, RequestKeyTaken, LedgerAway] as const

/** What may be read. */
export class ShopGroup extends HttpApiGroup.make("shop")
  .annotate(OpenApi.Description, "What coins buy, and what was bought and achieved.")
  .add(
    HttpApiEndpoint.get("upgrades", "/farm/upgrades", { success: FarmUpgrades, error: LedgerAway }).annotateMerge(
      about("What the farm owns, and what work is multiplied by")
    )
  )
  .add(
    HttpApiEndpoint.get("shopItems", "/shop/items", { success: ShopWindow, error: LedgerAway }).annotateMerge(
      about("What the shop sells, what it costs next, and why it cannot be bought now")
    )
  )
  .add(
    HttpApiEndpoint.get("catalogue", "/shop/catalogue", { success: Catalogue }).annotateMerge(
      about("The shop's catalogue as data; `catalogue_hash` of `/shop/items` is its hash")
    )
  )
  .add(
    HttpApiEndpoint.get("achievements", "/farm/achievements", {
      success: FarmAchievements,
      error: LedgerAway
    }).annotateMerge(about("What can be achieved, and what of it was, with which line of the ledger"))
  )
  .middleware(OwnerReads)
  .prefix("/api/v1") {}

/** What the owner does. A misspelt field must not be taken for "whatever it costs". */
export class ShopDecisionGroup extends HttpApiGroup.make("shopDecisions")
  .annotate(OpenApi.Description, "Purchases, refunds and uses.")
  .add(
    HttpApiEndpoint.post("purchase", "/shop/purchase", {
      headers: idempotencyHeaders,
      payload: PurchaseRequest,
      success: PurchaseReceipt,
      error
    })
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(about("Buy the next level of an item, or one more of it"))
  )
  .add(
    HttpApiEndpoint.post("refund", "/shop/refund", {
      headers: idempotencyHeaders,
      payload: PurchaseRef,
      success: RefundReceipt,
      error
    })
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(about("Give something back for what was paid, within ten minutes"))
  )
  .add(
    HttpApiEndpoint.post("use", "/shop/use", {
      headers: idempotencyHeaders,
      payload: PurchaseRef,
      success: UseReceipt,
      error
    })
      .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
      .annotateMerge(about("Use a consumable up"))
  )
  .middleware(RequireOwner)
  .prefix("/api/v1") {}
