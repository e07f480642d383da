import { assert, describe, it } from "@effect/vitest"
import { actionKey, markerOf, stripMarkers, withMarker } from "../src/actionKey.ts"

const task = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a11"

describe("actionKey", () => {
  it("is one for a task and a position, and another for any other", () => {
    assert.strictEqual(actionKey(task, 0), actionKey(task, 0))
    const keys = [actionKey(task, 0), actionKey(task, 1), actionKey(task, 10), actionKey(`${task}1`, 0)]
    assert.strictEqual(new Set(keys).size, keys.length)
    for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/)
  })
})

describe("withMarker", () => {
  it("marks a comment once, so that it can be found again", () => {
    const key = actionKey(task, 0)
    assert.strictEqual(withMarker("Thank you.\n", key), `Thank you.\n\n<!-- farmops:v0 key=${key} -->`)
  })

  it("leaves nothing in a text that looks like a mark of ours, however it is wrapped", () => {
    const mark = markerOf("a".repeat(32))
    const wrapped = `<!-- farm${mark}ops:v0 key=b -->`
    for (const text of [
      mark,
      mark.toUpperCase(),
      `<!--\n farmops:v0 key=c`,
      wrapped,
      `<!--${mark} farmops:${mark} -->`
    ]) {
      assert.notMatch(stripMarkers(`before ${text} after`), /<!--\s*farmops:/i, text)
      assert.lengthOf(withMarker(text, "f".repeat(32)).match(/farmops:v0 key=f/g) ?? [], 1)
    }
    assert.strictEqual(stripMarkers("a <!-- plain comment --> b"), "a <!-- plain comment --> b")
  })
})
