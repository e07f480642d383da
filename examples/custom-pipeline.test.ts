import { expect, it } from "vitest"
import { runExample } from "./runExample.ts"

it("scores the renewals that verified, the second on a streak, and no other", () => {
  // security 25 × impact 1.333 = 33; the second day 25 × 1.5 × 1.333 × 1.083 = 54.
  expect(runExample("custom-pipeline")).toBe(
    [
      "33 coins, streak 1: Renewed a certificate with 12 days left",
      "54 coins, streak 2: Renewed a certificate with 2 days left",
      "87 coins in all",
      ""
    ].join("\n")
  )
})
