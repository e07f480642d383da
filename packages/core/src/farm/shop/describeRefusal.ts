/** A refusal of the shop in one sentence, for people. Pure. */
import { type ShopRefusal, ShopRefused } from "./ShopAnswer.ts"

const coins = (count: number): string => (count === 1 ? "1 coin" : `${count} coins`)

const funds = ({ current_coins, debt, price }: Extract<ShopRefusal, { code: "insufficient_funds" }>): string =>
  debt > 0
    ? `It costs ${coins(price)}; ${coins(debt)} that were taken back have to be earned again first.`
    : `It costs ${coins(price)}; the farm has ${current_coins}.`

const sentenceOf = (refusal: ShopRefusal): string => {
  switch (refusal.code) {
    case "item_unknown":
      return "The shop has no such item."
    case "not_for_sale":
      return "A trophy is earned; no coins buy it."
    case "out_of_season":
      return `It is sold from ${refusal.season.from} until ${refusal.season.until}.`
    case "already_owned":
      return `The farm has it at its highest level, ${refusal.level}.`
    case "sold_out":
      return `The farm has all ${refusal.stock} that there are.`
    case "level_required":
      return `It is sold from level ${refusal.required} on; the farm is at level ${refusal.level}.`
    case "level_changed":
      return `Level ${refusal.expected} was asked for; the next one is level ${refusal.level}.`
    case "no_room":
      return `It takes ${refusal.needs} ${refusal.what}, of which ${refusal.free} are free.`
    case "price_changed":
      return `It costs ${coins(refusal.price)} and not ${refusal.expected}.`
    case "insufficient_funds":
      return funds(refusal)
    case "purchase_id_taken":
      return "There is a purchase of this id already."
    case "purchase_unknown":
      return "The farm has no such purchase."
    case "already_refunded":
      return "It was given back already."
    case "already_used":
      return "It is used up."
    case "too_late":
      return `It was bought at ${refusal.bought_at} and could be given back for ${refusal.refund_seconds / 60} minutes.`
    case "in_use":
      return refusal.by === "level"
        ? "A higher level of it has to be given back first."
        : `Something else stands on the ${refusal.by} that it gives.`
    case "not_usable":
      return "It is nothing that is used up."
    case "no_effect":
      return "The streak holds all the freezes that the rules allow; it would be wasted."
  }
}

const factsOf = (refusal: ShopRefusal): Readonly<Record<string, number | string>> => {
  const { code: _, ...facts } = refusal
  return "season" in facts ? { ...facts.season } : { ...facts }
}

/** The refusal as an error. */
export const refusedBy = (refusal: ShopRefusal): ShopRefused =>
  new ShopRefused({ code: refusal.code, detail: sentenceOf(refusal), facts: factsOf(refusal) })
