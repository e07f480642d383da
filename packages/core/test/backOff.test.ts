import { assert, describe, it } from "@effect/vitest"
import { backOffMs } from "../src/http/backOff.ts"

const pace = { firstMs: 800, maxMs: 30_000 }
const failures = [1, 2, 3, 6, 7, 1_000_000]

describe("the back-off", () => {
  it("doubles with each failure up to its maximum, and chance keeps at least half of a pause", () => {
    assert.deepStrictEqual(
      failures.map((failed) => backOffMs(pace, failed, 1)),
      [800, 1_600, 3_200, 25_600, 30_000, 30_000]
    )
    assert.deepStrictEqual(
      failures.map((failed) => backOffMs(pace, failed, 0)),
      [400, 800, 1_600, 12_800, 15_000, 15_000]
    )
  })

  it("is spread as far as it is told to, around its maximum too", () => {
    const spread = { ...pace, spread: [0.8, 1.2] } as const
    assert.deepStrictEqual(
      [0, 0.5, 1].map((random) => backOffMs(spread, 1, random)),
      [640, 800, 960]
    )
    assert.strictEqual(backOffMs(spread, 9, 1), 36_000)
  })

  it("begins with its first pause where nothing has failed", () => {
    assert.strictEqual(backOffMs(pace, 0, 1), 800)
    assert.strictEqual(backOffMs({ firstMs: 60_000, maxMs: 30_000 }, 1, 1), 30_000)
  })
})
