import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { uuidV7Pattern } from "../src/proofForm.ts"
import { uuidV7 } from "../src/UuidV7.ts"

describe("uuidV7", () => {
  it.effect("starts with the time in milliseconds and has the version and variant of RFC 9562", () =>
    Effect.gen(function* () {
      // The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z.
      yield* TestClock.setTime(0x017f22e279b0)
      const made = new Set<string>()
      for (let at = 0; at < 500; at++) {
        const id = yield* uuidV7
        assert.match(id, uuidV7Pattern)
        assert.isTrue(id.startsWith("017f22e2-79b0-7"))
        made.add(id)
      }
      assert.strictEqual(made.size, 500)
    })
  )

  it.effect("sorts by time as text", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      for (const time of [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 47]) {
        yield* TestClock.setTime(time)
        ids.push(yield* uuidV7)
      }
      assert.deepStrictEqual(ids.toSorted(), ids)
    })
  )

  it.effect("spells the last time that it can hold for every later one, and the first for every earlier", () =>
    Effect.gen(function* () {
      for (const [time, spelled] of [
        [2 ** 48 - 2, "ffffffff-fffe-7"],
        [2 ** 48 - 1, "ffffffff-ffff-7"],
        [2 ** 48, "ffffffff-ffff-7"],
        [2 ** 52, "ffffffff-ffff-7"],
        [-1, "00000000-0000-7"]
      ] as const) {
        yield* TestClock.setTime(time)
        assert.isTrue((yield* uuidV7).startsWith(spelled))
      }
    })
  )

  it.effect("is random in each of its other 74 bits", () =>
    Effect.gen(function* () {
      let ones = 0n
      let zeros = 0n
      for (let made = 0; made < 200; made++) {
        const bits = BigInt(`0x${(yield* uuidV7).replaceAll("-", "")}`)
        ones |= bits
        zeros |= ~bits
      }
      const random = (0xfffn << 64n) | ((1n << 62n) - 1n)
      assert.strictEqual(ones & zeros & ((1n << 80n) - 1n), random)
    })
  )
})
