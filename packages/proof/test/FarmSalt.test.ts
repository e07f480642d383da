import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { FarmSalt, farmSaltFromHex, farmSaltToHex } from "../src/FarmSalt.ts"

const label = "<redacted:farm salt>"

describe("FarmSalt", () => {
  it.effect("is the salt that was handed over, and prints as nothing but its name", () =>
    Effect.gen(function* () {
      const handed = farmSaltFromHex("ab".repeat(16))
      assert.isNotNull(handed)
      if (handed === null) return
      const salt = yield* Effect.provide(FarmSalt, FarmSalt.layer(handed))
      assert.strictEqual(farmSaltToHex(salt), "ab".repeat(16))
      assert.strictEqual(`${salt}`, label)
    })
  )

  it.effect("is 32 fresh bytes for each new farm", () =>
    Effect.gen(function* () {
      const salts = [
        yield* FarmSalt.generate,
        yield* Effect.provide(FarmSalt, Layer.fresh(FarmSalt.layerMemory)),
        yield* Effect.provide(FarmSalt, Layer.fresh(FarmSalt.layerMemory))
      ]
      assert.strictEqual(new Set(salts.map(farmSaltToHex)).size, 3)
      for (const salt of salts) {
        assert.lengthOf(Redacted.value(salt), 32)
        assert.strictEqual(`${salt}`, label)
      }
    })
  )

  it("is read from 16 bytes of hex or more", () => {
    assert.isNotNull(farmSaltFromHex("0f".repeat(16)))
    assert.isNotNull(farmSaltFromHex("0f".repeat(64)))
    for (const bad of ["", "0f".repeat(15), `${"0f".repeat(16)}0`, "0F".repeat(16)]) assert.isNull(farmSaltFromHex(bad))
  })
})
