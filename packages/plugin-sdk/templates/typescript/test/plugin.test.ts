import assert from "node:assert/strict"
import { test } from "node:test"
import { plugin } from "../src/plugin.ts"

const see = (exit_code: number, memory = new Uint8Array()) =>
  plugin.verify({ observationId: "one", sourceType: "command", data: { exit_code }, memory })

test("a check that was never red earns nothing", async () => {
  assert.equal((await see(0)).verdict, "rejected")
})

test("a check that is green again is a repair, once", async () => {
  const failed = await see(1)
  assert.equal(failed.verdict, "rejected")
  const repaired = await see(0, failed.remember ?? undefined)
  assert.equal(repaired.verdict, "verified")
  if (repaired.verdict !== "verified") return
  assert.equal(repaired.description, "Repaired a check that had failed 1 times")
  assert.equal((await see(0, repaired.remember ?? undefined)).verdict, "rejected")
})
