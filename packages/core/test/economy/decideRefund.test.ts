import { describe, expect, it } from "@effect/vitest"
import { applyFact } from "../../src/farm/economy/applyFact.ts"
import { decideRefund, type RefundRefusal } from "../../src/farm/economy/decideRefund.ts"
import { decideUse, effectsOfUse, type UseRefusal } from "../../src/farm/economy/decideUse.ts"
import { emptyHoldings, type Holdings, ownedOf } from "../../src/farm/economy/Holdings.ts"
import { defaultRules } from "../../src/scoring/Rules.ts"
import { after, buyAll, catalogue, noon, purchaseId } from "./purchases.ts"

const giveBack = (holdings: Holdings, id: number, at = noon) =>
  decideRefund({ holdings, purchaseId: purchaseId(id), start: catalogue.start, at })

const refunded = (holdings: Holdings, id: number) =>
  applyFact(holdings, { kind: "item_refunded", purchase_id: purchaseId(id) }, noon)

const used = (holdings: Holdings, id: number) =>
  applyFact(holdings, { kind: "item_used", purchase_id: purchaseId(id) }, noon)

describe("a refund", () => {
  it("gives back what was paid, up to the last second before ten minutes", () => {
    const holdings = buyAll(["shed", "shed"])
    expect(giveBack(holdings, 1, after(599))).toEqual({
      ok: true,
      fact: { kind: "item_refunded", purchase_id: purchaseId(1) }
    })
    expect(refunded(holdings, 1)).toMatchObject({ spent: 10 })
    expect(ownedOf(refunded(holdings, 1), "shed")).toEqual({ count: 1, level: 1 })
  })

  it("gives back the price that was paid when the catalogue asks for another or has the item no more", () => {
    // Neither looks at a catalogue's items: the purchase itself says what it was.
    const [bought] = buyAll(["shed"]).purchases
    const holdings: Holdings = { ...emptyHoldings, spent: 77, purchases: bought ? [{ ...bought, price: 77 }] : [] }
    expect(giveBack(holdings, 0).ok).toBe(true)
    expect(refunded(holdings, 0).spent).toBe(0)
  })

  it("is possible when the clock went back a little, and not when it was set back", () => {
    expect(giveBack(buyAll(["shed"]), 0, after(-30)).ok).toBe(true)
    expect(giveBack(buyAll(["shed"]), 0, after(-601))).toMatchObject({ refusal: { code: "too_late" } })
  })

  it.for<[string, ReturnType<typeof giveBack>, RefundRefusal]>([
    ["of what was never bought", giveBack(emptyHoldings, 0), { code: "purchase_unknown" }],
    ["twice", giveBack(refunded(buyAll(["shed"]), 0), 0), { code: "already_refunded" }],
    ["of what was used", giveBack(used(buyAll(["barrel"]), 0), 0), { code: "already_used" }],
    [
      "ten minutes later",
      giveBack(buyAll(["shed"]), 0, after(600)),
      { code: "too_late", bought_at: noon, refund_seconds: 600 }
    ],
    ["of the level that another stands on", giveBack(buyAll(["shed", "shed"]), 0), { code: "in_use", by: "level" }],
    [
      "of land that something stands on",
      giveBack(buyAll(["shed", "field", "manor"]), 1),
      { code: "in_use", by: "plots" }
    ],
    ["of a barn with animals", giveBack(buyAll(["barn", "hen"]), 0), { code: "in_use", by: "stalls" }]
  ])("is refused %s", ([, decision, refusal]) => {
    expect(decision).toEqual({ ok: false, refusal })
  })

  it("is possible once what stood on it is gone", () => {
    expect(giveBack(refunded(buyAll(["barn", "hen"]), 1), 0).ok).toBe(true)
    expect(giveBack(buyAll(["shed", "field", "manor"]), 2).ok).toBe(true)
  })

  it("of a thing that gives no room is possible on a farm that a new catalogue left too small", () => {
    const holdings = buyAll(["shed", "barn"])
    const purchase = { holdings, purchaseId: purchaseId(1), start: { plots: 0, stalls: 0 }, at: noon }
    expect(decideRefund(purchase).ok).toBe(true)
  })
})

describe("a use", () => {
  const use = (holdings: Holdings, id: number, freezes = 0, rules = defaultRules) =>
    decideUse({ holdings, purchaseId: purchaseId(id), freezes, rules })

  it("is a fact that uses the consumable up, and its price is not given back", () => {
    const holdings = buyAll(["barrel"])
    expect(use(holdings, 0)).toEqual({ ok: true, fact: { kind: "item_used", purchase_id: purchaseId(0) } })
    expect(effectsOfUse(holdings, purchaseId(0))).toEqual([{ kind: "freezes", count: 1 }])
    expect(used(holdings, 0)).toMatchObject({ purchases: [], spent: 8 })
    expect(effectsOfUse(used(holdings, 0), purchaseId(0))).toEqual([])
  })

  it.for<[string, ReturnType<typeof use>, UseRefusal["code"]]>([
    ["of what was never bought", use(emptyHoldings, 0), "purchase_unknown"],
    ["of what was given back", use(refunded(buyAll(["barrel"]), 0), 0), "already_refunded"],
    ["twice", use(used(buyAll(["barrel"]), 0), 0), "already_used"],
    ["of a thing that lasts", use(buyAll(["shed"]), 0), "not_usable"],
    ["that would be wasted, for the streak holds all it may", use(buyAll(["barrel"]), 0, 2), "no_effect"],
    ["where the rules know no freezes", use(buyAll(["barrel"]), 0, 0, { ...defaultRules, freezes_max: 0 }), "no_effect"]
  ])("is refused %s", ([, decision, code]) => {
    expect(decision).toEqual({ ok: false, refusal: { code } })
  })
})
