import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { applyFact } from "../../src/farm/economy/applyFact.ts"
import { catalogueHash } from "../../src/farm/economy/Catalogue.ts"
import type { PurchaseRefusal } from "../../src/farm/economy/decidePurchase.ts"
import { EconomyFact } from "../../src/farm/economy/EconomyFact.ts"
import { balanceOf, emptyHoldings } from "../../src/farm/economy/Holdings.ts"
import { offersOf } from "../../src/farm/economy/offerOf.ts"
import { ask, buyAll, catalogue, factOf, items, noon, purchaseId } from "./purchases.ts"

describe("a purchase", () => {
  it("is a fact that says all of what was bought", () => {
    const fact = factOf(ask("shed", { id: 4, expectedPrice: 10 }))
    expect(fact).toEqual({
      kind: "item_bought",
      purchase_id: purchaseId(4),
      item: "shed",
      item_kind: "building",
      level: 1,
      price: 10,
      effects: [{ kind: "multiply", category: "toil", thousandths: 200 }],
      needs: { plots: 1, stalls: 0 },
      catalogue_hash: catalogueHash(catalogue)
    })
    expect(Schema.decodeUnknownSync(EconomyFact)(JSON.parse(JSON.stringify(fact)))).toEqual(fact)
  })

  it("of the next level costs that level's price and takes no more room", () => {
    expect(ask("shed", { holdings: buyAll(["shed"]) })).toMatchObject({
      ok: true,
      fact: { level: 2, price: 20, needs: { plots: 0, stalls: 0 } }
    })
  })

  it("goes down to the last coin", () => {
    expect(ask("shed", { totalCoins: 10 }).ok).toBe(true)
    const holdings = applyFact(emptyHoldings, factOf(ask("shed", { totalCoins: 10 })), noon)
    expect(balanceOf(10, holdings)).toEqual({ current_coins: 0, debt: 0 })
  })

  it.for<[string, ReturnType<typeof ask>, PurchaseRefusal]>([
    ["of an id that is owned", ask("hen", { holdings: buyAll(["barn"]), id: 0 }), { code: "purchase_id_taken" }],
    [
      "of an id that was given back",
      ask("hen", {
        holdings: applyFact(buyAll(["barn"]), { kind: "item_refunded", purchase_id: purchaseId(0) }, noon),
        id: 0
      }),
      { code: "purchase_id_taken" }
    ],
    ["of what the catalogue does not have", ask("castle"), { code: "item_unknown" }],
    ["of a trophy", ask("cup"), { code: "not_for_sale" }],
    ["before its season", ask("snow"), { code: "out_of_season", season: { from: "12-01", until: "01-15" } }],
    [
      "above the highest level",
      ask("shed", { holdings: buyAll(["shed", "shed"]) }),
      { code: "already_owned", level: 2 }
    ],
    ["of a second one", ask("barn", { holdings: buyAll(["barn"]) }), { code: "already_owned", level: 1 }],
    [
      "of more than the stock",
      ask("hen", { holdings: buyAll(["barn", "hen", "hen"]) }),
      { code: "sold_out", stock: 2 }
    ],
    ["below the farm's level", ask("manor", { totalCoins: 149 }), { code: "level_required", required: 3, level: 2 }],
    [
      "without a free plot",
      ask("manor", { holdings: buyAll(["shed"]) }),
      { code: "no_room", what: "plots", needs: 1, free: 0 }
    ],
    ["without a free stall", ask("hen"), { code: "no_room", what: "stalls", needs: 1, free: 0 }],
    [
      "at another price than the buyer saw",
      ask("shed", { expectedPrice: 9 }),
      { code: "price_changed", expected: 9, price: 10 }
    ],
    [
      "at another price, even when there is no money for it",
      ask("shed", { expectedPrice: 9, totalCoins: 0 }),
      { code: "price_changed", expected: 9, price: 10 }
    ],
    [
      "with one coin too few",
      ask("shed", { totalCoins: 9 }),
      { code: "insufficient_funds", price: 10, current_coins: 9, debt: 0 }
    ],
    [
      "with coins that are spent",
      ask("field", { holdings: buyAll(["shed"]), totalCoins: 24 }),
      { code: "insufficient_funds", price: 15, current_coins: 14, debt: 0 }
    ],
    [
      "in debt, after coins were taken back",
      ask("field", { holdings: buyAll(["shed"]), totalCoins: 3 }),
      { code: "insufficient_funds", price: 15, current_coins: 0, debt: 7 }
    ]
  ])("is refused %s", ([, decision, refusal]) => {
    expect(decision).toEqual({ ok: false, refusal })
  })

  it("takes room that land brought, and a consumable again once it was used", () => {
    expect(ask("manor", { holdings: buyAll(["shed", "field"]) }).ok).toBe(true)
    const full = buyAll(["barrel", "barrel"])
    expect(ask("barrel", { holdings: full })).toMatchObject({ refusal: { code: "sold_out" } })
    expect(
      ask("barrel", { holdings: applyFact(full, { kind: "item_used", purchase_id: purchaseId(0) }, noon) }).ok
    ).toBe(true)
  })

  it("is possible on every day of a season that goes over the year's end, and on none beside it", () => {
    const open = (farmDay: string) => ask("snow", { farmDay }).ok
    expect(["2026-12-01", "2026-12-31", "2027-01-01", "2027-01-15"].map(open)).toEqual([true, true, true, true])
    expect(["2026-11-30", "2027-01-16", "2027-06-30"].map(open)).toEqual([false, false, false])
  })
})

describe("a catalogue that changed", () => {
  const emptied = { ...catalogue, version: 2, items: items.filter(({ slug }) => slug !== "shed") }
  const dearer = {
    ...catalogue,
    items: items.map((item) =>
      item.slug === "shed" && item.kind !== "trophy"
        ? { ...item, levels: item.levels.map((one) => ({ ...one, price: one.price * 10, effects: [] })) }
        : item
    )
  }

  it("sells no more of what it lacks, and at its own price what it has", () => {
    const holdings = buyAll(["shed"])
    expect(ask("shed", { from: emptied, holdings })).toEqual({ ok: false, refusal: { code: "item_unknown" } })
    expect(ask("shed", { from: dearer, holdings })).toMatchObject({ fact: { level: 2, price: 200, effects: [] } })
  })

  it("with fewer levels than are owned takes none away", () => {
    const lower = {
      ...catalogue,
      items: items.map((item) =>
        item.slug === "shed" && item.kind !== "trophy" ? { ...item, levels: item.levels.slice(0, 1) } : item
      )
    }
    expect(ask("shed", { from: lower, holdings: buyAll(["shed", "shed"]) })).toEqual({
      ok: false,
      refusal: { code: "already_owned", level: 2 }
    })
  })
})

describe("the shop window", () => {
  it("shows each thing that coins buy, with its next price and the reason that a purchase would meet", () => {
    const shopper = { catalogue, holdings: buyAll(["shed"]), totalCoins: 30, farmDay: "2026-11-16" }
    const shown = offersOf(shopper).map(({ item, next, refusal }) => [
      item.slug,
      next?.price ?? null,
      refusal?.code ?? null
    ])
    expect(shown).toEqual([
      ["shed", 20, null],
      ["manor", 30, "level_required"],
      ["field", 15, null],
      ["barn", 12, null],
      ["hen", 5, "no_room"],
      ["barrel", 8, null],
      ["snow", 6, "out_of_season"]
    ])
    for (const [slug, , code] of shown) {
      const decision = ask(String(slug), { ...shopper })
      expect(decision.ok ? null : decision.refusal.code).toBe(code)
    }
  })
})
