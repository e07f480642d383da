import { expect, it } from "vitest"
import { runExample } from "./runExample.ts"

it("verifies the drill that found everything in place, and rejects the one that did not", () => {
  expect(runExample("write-a-plugin")).toBe(
    ["verified: Restored a backup and compared 64 tables", "rejected: the restored tables differ", ""].join("\n")
  )
})
