import { describe, expect, it } from "@effect/vitest"
import { Exit, Schema } from "effect"
import { defaultRules, Rules, rulesHash } from "../src/scoring/Rules.ts"

describe("rules", () => {
  it("have one hash whatever the order in which they were written down", () => {
    const { base_coins, ...rest } = defaultRules
    const reordered: Rules = { base_coins: { ...base_coins }, ...rest }
    expect(Object.keys(reordered)[0]).toBe("base_coins")
    expect(rulesHash(reordered)).toBe(rulesHash(defaultRules))
    expect(rulesHash(defaultRules)).toMatch(/^[0-9a-f]{64}$/)
  })

  it("have another hash when anything in them is another", () => {
    expect(rulesHash({ ...defaultRules, daily_ceiling: 601 })).not.toBe(rulesHash(defaultRules))
    expect(rulesHash({ ...defaultRules, fatigue_free: null })).not.toBe(rulesHash(defaultRules))
  })

  it("pass their own schema by default, and none passes with a rate below zero or a category left out", () => {
    const decode = Schema.decodeUnknownExit(Rules)
    expect(Exit.isSuccess(decode(defaultRules))).toBe(true)
    expect(Exit.isFailure(decode({ ...defaultRules, base_coins: { ...defaultRules.base_coins, toil: -1 } }))).toBe(true)
    const { toil: _, ...withoutToil } = defaultRules.base_coins
    expect(Exit.isFailure(decode({ ...defaultRules, base_coins: withoutToil }))).toBe(true)
  })
})
