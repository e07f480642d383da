/** Answers the routes of the shop from `Shop`. Translates its refusals, each to one problem. */
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Ledger } from "../farm/Ledger.ts"
import { Shop } from "../farm/Shop.ts"
import { ActiveShop } from "../farm/shop/ActiveShop.ts"
import type { ShopRefused } from "../farm/shop/ShopAnswer.ts"
import { away, orAway } from "./ledgerAnswers.ts"
import { keyTaken } from "./onceByKey.ts"
import { ShopConflict, ShopMissing } from "./ShopApi.ts"
import { TrackerApi } from "./TrackerApi.ts"

const refused = ({ code, detail, facts }: ShopRefused) =>
  code === "item_unknown" || code === "purchase_unknown"
    ? Effect.fail(new ShopMissing({ code, detail, facts }))
    : Effect.fail(new ShopConflict({ code, detail, facts }))

const reading = HttpApiBuilder.group(
  TrackerApi,
  "shop",
  Effect.fnUntraced(function* (handlers) {
    const shop = yield* Shop
    const ledger = yield* Ledger
    const { catalogue } = yield* ActiveShop
    return handlers.handleAll({
      catalogue: () => Effect.succeed(catalogue),
      achievements: () => orAway(ledger.achievements),
      upgrades: () => orAway(shop.upgrades),
      shopItems: () => orAway(shop.offers)
    })
  })
)

const decisions = HttpApiBuilder.group(
  TrackerApi,
  "shopDecisions",
  Effect.fnUntraced(function* (handlers) {
    const shop = yield* Shop
    const problems = { ShopRefused: refused, RequestKeyReused: keyTaken, LedgerUnavailable: away }
    const choice = ({
      headers,
      payload
    }: {
      readonly headers: { readonly "idempotency-key"?: string }
      readonly payload: { readonly purchase_id: string }
    }) => ({ purchaseId: payload.purchase_id, requestKey: headers["idempotency-key"] ?? null })
    return handlers.handleAll({
      purchase: ({ headers, payload }) =>
        shop
          .buy({
            item: payload.item,
            level: payload.level ?? null,
            expectedPrice: payload.price ?? null,
            requestKey: headers["idempotency-key"] ?? null
          })
          .pipe(Effect.catchTags(problems)),
      refund: (request) => shop.refund(choice(request)).pipe(Effect.catchTags(problems)),
      use: (request) => shop.use(choice(request)).pipe(Effect.catchTags(problems))
    })
  })
)

/** Handlers of both groups. */
export const layerShopHandlers = Layer.mergeAll(reading, decisions)
