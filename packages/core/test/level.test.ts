import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { coinsForLevel, levelOf, levelProgress } from "../src/scoring/level.ts"

const AnyCoins = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

describe("levels", () => {
  it("puts 1,250 coins at level 7, as the architecture's example does", () => {
    expect(levelOf(1250)).toBe(7)
    expect(levelProgress(1250)).toEqual({ have: 200, need: 350 })
  })

  it("begins each level exactly at its coins", () => {
    expect([1, 2, 3, 5, 7, 10, 20, 30, 50, 100].map(coinsForLevel)).toEqual([
      0, 50, 150, 500, 1050, 2250, 9500, 21_750, 61_250, 247_500
    ])
    for (const level of [2, 3, 7, 100, 12_345, 18_000_000]) {
      expect([levelOf(coinsForLevel(level) - 1), levelOf(coinsForLevel(level))]).toEqual([level - 1, level])
    }
  })

  it.prop("holds any number of coins between its own start and the next level's", { coins: AnyCoins }, ({ coins }) => {
    const level = BigInt(levelOf(coins))
    const starts = (l: bigint) => 25n * l * (l - 1n)
    expect(starts(level) <= BigInt(coins) && BigInt(coins) < starts(level + 1n)).toBe(true)
  })

  it.prop("never goes down when coins come in", { coins: AnyCoins, more: AnyCoins }, ({ coins, more }) => {
    expect(levelOf(Math.max(coins, more))).toBeGreaterThanOrEqual(levelOf(Math.min(coins, more)))
  })

  it("answers the largest number of coins at once", () => {
    expect(levelOf(Number.MAX_SAFE_INTEGER)).toBe(18_981_253)
    expect(levelOf(0)).toBe(1)
  })
})
