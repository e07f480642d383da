/** `farmops farm shop`, `buy`, `refund` and `use`: what coins can be spent on, and spending them. */
import { PurchaseReceipt, RefundReceipt, UseReceipt } from "@farmops/core/farm/shop/ShopAnswer"
import { FarmUpgrades, type OfferedItem, ShopWindow } from "@farmops/core/farm/shop/ShopWindow"
import { exitCodes } from "@farmops/core/host/exitCodes"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CommandFailed } from "./CommandFailed.ts"
import { drawTable } from "./drawTable.ts"
import { requestJson } from "./FarmConnection.ts"
import { Printer } from "./Printer.ts"

const coins = (count: number): string => (count === 1 ? "1 coin" : `${count.toLocaleString("en")} coins`)

const purse = ({ current_coins, debt }: { readonly current_coins: number; readonly debt: number }): string =>
  debt > 0 ? `the farm owes ${coins(debt)}` : `the farm has ${coins(current_coins)} to spend`

const ownedText = ({ owned }: OfferedItem): string =>
  owned.count === 0 ? "" : owned.level > 1 ? `level ${owned.level}` : owned.count > 1 ? `${owned.count}` : "yes"

const rowOf = (offer: OfferedItem) => [
  offer.item,
  offer.kind,
  offer.next === null ? "" : offer.next.price.toLocaleString("en"),
  ownedText(offer),
  offer.refusal === null ? "can be bought" : offer.refusal.detail
]

/** Runs `farm shop`. */
export const showShop = Effect.fn("showShop")(function* () {
  const printer = yield* Printer
  const window = yield* requestJson("/api/v1/shop/items", ShopWindow)
  if (printer.json) return yield* printer.data(window)
  const head = ["item", "kind", "price", "owned", "now"]
  yield* printer.line(drawTable(head, window.items.map(rowOf), printer.columns))
  yield* printer.line(`\n${purse(window)}, at level ${window.level}`)
})

/** Runs `farm buy`. Needs the owner's token. */
export const buyItem = Effect.fn("buyItem")(function* (options: {
  readonly item: string
  readonly price: Option.Option<number>
}) {
  const printer = yield* Printer
  const price = Option.getOrUndefined(options.price)
  const receipt = yield* requestJson("/api/v1/shop/purchase", PurchaseReceipt, {
    method: "POST",
    asOwner: true,
    body: { item: options.item, ...(price === undefined ? {} : { price }) }
  })
  if (printer.json) return yield* printer.data(receipt)
  const level = receipt.level > 1 ? `, level ${receipt.level},` : ""
  yield* printer.line(`bought ${receipt.item}${level} for ${coins(receipt.price)}; ${purse(receipt)}`)
  yield* printer.note(
    `until ${receipt.settles_at} it can be given back, and works from then on: farmops farm refund ${receipt.purchase_id}`
  )
})

const isId = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text)

/** A purchase by its id, or the newest one of an item. */
const findPurchase = Effect.fnUntraced(function* (wanted: string) {
  if (isId(wanted)) return wanted
  const { upgrades } = yield* requestJson("/api/v1/farm/upgrades", FarmUpgrades)
  const found = upgrades.find(({ item }) => item === wanted)?.purchases.at(-1)
  if (found !== undefined) return found.purchase_id
  return yield* new CommandFailed({
    code: "purchase_unknown",
    detail: `the farm has no ${JSON.stringify(wanted)}.`,
    cure: null,
    exitCode: exitCodes.dataInvalid
  })
})

/** Runs `farm refund`. Needs the owner's token. */
export const refundItem = Effect.fn("refundItem")(function* (options: { readonly purchase: string }) {
  const printer = yield* Printer
  const purchase_id = yield* findPurchase(options.purchase)
  const body = { purchase_id }
  const receipt = yield* requestJson("/api/v1/shop/refund", RefundReceipt, { method: "POST", asOwner: true, body })
  if (printer.json) return yield* printer.data(receipt)
  yield* printer.line(`gave ${receipt.item} back for ${coins(receipt.refunded)}; ${purse(receipt)}`)
})

/** Runs `farm use`. Needs the owner's token. */
export const consumeItem = Effect.fn("consumeItem")(function* (options: { readonly purchase: string }) {
  const printer = yield* Printer
  const purchase_id = yield* findPurchase(options.purchase)
  const body = { purchase_id }
  const receipt = yield* requestJson("/api/v1/shop/use", UseReceipt, { method: "POST", asOwner: true, body })
  if (printer.json) return yield* printer.data(receipt)
  yield* printer.line(`used ${receipt.item}; the streak has ${receipt.freezes} freezes now`)
})
