import { expect, it } from "vitest"
import { runExample } from "./runExample.ts"

it("signs three proofs that verify, and finds the one that was edited", () => {
  const printed = runExample("first-proof")
  expect(printed).toMatch(/as it is:\s+\{\s*ok: true,\s+count: 3/)
  expect(printed).toMatch(/edited:\s+\{\s*ok: false,\s+line: 1/)
  expect(printed).toContain("bad_signature")
})
