import { describe, expect, it } from "@effect/vitest"
import * as Ed25519Node from "@farmops/proof/Ed25519Node"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { Effect } from "effect"
import { checkSnapshot, clockSkewMsMax, type LastSnapshot } from "../src/village/checkSnapshot.ts"
import { bodyOf, signSnapshot } from "./standInTracker.ts"

const asOf = "2026-03-01T12:00:00Z"
const nowMs = Date.parse(asOf)
const body = bodyOf({ coins: 1250, streak: 14 }, asOf)

const setUp = Effect.gen(function* () {
  const key = yield* makeSigningKey
  const check = (text: string, last: LastSnapshot | null = null, pinnedKey = key.publicKey) => {
    const checked = checkSnapshot({ text, pinnedKey, backend: nodeBackend, nowMs, last })
    return checked.ok ? "good" : checked.fault
  }
  const signed = (change: object = {}) => JSON.stringify(signSnapshot(key, { ...body, ...change }))
  return { key, check, signed }
}).pipe(Effect.provide(Ed25519Node.layer))

describe("a snapshot", () => {
  it.effect("is good when its farm's key signed it and it is true to itself", () =>
    Effect.gen(function* () {
      const { check, signed } = yield* setUp
      expect(check(signed())).toBe("good")
      expect(check(signed({ bot_coins: 9, sample: true }))).toBe("good")
    })
  )

  it.effect("is kept in one spelling, and is the same content whenever it was taken", () =>
    Effect.gen(function* () {
      const { key } = yield* setUp
      const check = (text: string) =>
        checkSnapshot({ text, pinnedKey: key.publicKey, backend: nodeBackend, nowMs, last: null })
      const one = check(JSON.stringify(signSnapshot(key, body)))
      const spaced = check(JSON.stringify(signSnapshot(key, body), null, 2))
      const later = check(JSON.stringify(signSnapshot(key, { ...body, as_of: "2026-03-01T12:00:01Z" })))
      const other = check(JSON.stringify(signSnapshot(key, { ...body, streak_days: 15 })))
      if (!one.ok || !spaced.ok || !later.ok || !other.ok) throw new Error("refused")
      expect(spaced.value).toEqual(one.value)
      expect(later.value.contentHash).toBe(one.value.contentHash)
      expect(other.value.contentHash).not.toBe(one.value.contentHash)
    })
  )

  it.effect("is refused under another key, also when it names that key itself", () =>
    Effect.gen(function* () {
      const { check, key, signed } = yield* setUp
      const stranger = yield* makeSigningKey.pipe(Effect.provide(Ed25519Node.layer))
      expect(check(signed(), null, stranger.publicKey)).toBe("other_key")
      const forged = signSnapshot(stranger, body)
      expect(check(JSON.stringify(forged))).toBe("other_key")
      expect(check(JSON.stringify({ ...forged, public_key: key.publicKey }))).toBe("bad_signature")
    })
  )

  it.effect("is refused when one number, word or day of it was changed", () =>
    Effect.gen(function* () {
      const { check, key } = yield* setUp
      const changes: ReadonlyArray<object> = [
        {
          total_coins: 1251,
          current_coins: 1251,
          categories: [{ category: "toil", total_proofs: 1250, total_coins: 1251 }]
        },
        { bot_coins: 1 },
        { streak_days: 15 },
        { name: "Another farm" },
        { sample: true },
        { sequence: 1251 },
        { as_of: "2026-03-01T12:00:01Z" },
        { ruleset_hash: "cd".repeat(32) },
        { days: [{ day: "2026-03-01", category: "toil", proofs: 1, work: 1000 }] }
      ]
      const { signature, public_key } = signSnapshot(key, body)
      for (const change of changes) {
        expect(check(JSON.stringify({ body: { ...body, ...change }, public_key, signature }))).toBe("bad_signature")
      }
    })
  )

  it.effect("is refused when the farm signed numbers that contradict each other", () =>
    Effect.gen(function* () {
      const { check, signed } = yield* setUp
      const toil = { category: "toil", total_proofs: 1250, total_coins: 1250 }
      const day = { day: "2026-03-01", category: "toil", proofs: 1, work: 1000 }
      expect(check(signed({ days: [day], categories: [toil] }))).toBe("good")
      for (const change of [
        { total_coins: 1251 },
        { level: 8 },
        { current_coins: 1251 },
        { sequence: 1249 },
        { categories: [toil, { ...toil, total_coins: 0, total_proofs: 0 }] },
        { categories: [toil], days: [{ ...day, proofs: 1251 }] },
        { categories: [toil], days: [day, day] },
        { categories: [toil], days: [{ ...day, category: "security" }] }
      ]) {
        expect([change, check(signed(change))]).toEqual([change, "inconsistent"])
      }
    })
  )

  it.effect("is refused when it is older than the last, or when the ledger behind it is another one", () =>
    Effect.gen(function* () {
      const { check, signed } = yield* setUp
      const last = { farmId: body.farm_id, asOf, sequence: body.sequence }
      expect(check(signed(), last)).toBe("good")
      expect(check(signed(), { ...last, asOf: "2026-03-01T12:00:01Z" })).toBe("older")
      expect(check(signed(), { ...last, sequence: body.sequence + 1 })).toBe("older")
      expect(check(signed(), { ...last, asOf: "2026-03-01T11:00:00Z", sequence: body.sequence + 1 })).toBe(
        "ledger_replaced"
      )
      expect(check(signed({ farm_id: "0191d2a0-0000-7000-8000-0000000000f2" }), last)).toBe("ledger_replaced")
    })
  )

  it.effect("may come from a clock that runs ahead by five minutes, and no more", () =>
    Effect.gen(function* () {
      const { check, signed } = yield* setUp
      const ahead = (ms: number) => signed({ as_of: new Date(nowMs + ms).toISOString().replace(".000", "") })
      expect(check(ahead(clockSkewMsMax))).toBe("good")
      expect(check(ahead(clockSkewMsMax + 1000))).toBe("from_the_future")
    })
  )

  it.effect("is refused without a crash, whatever came instead", () =>
    Effect.gen(function* () {
      const { check, key, signed } = yield* setUp
      const good = signSnapshot(key, body)
      for (const text of [
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        "[".repeat(200_000),
        JSON.stringify({ ...good, body: null }),
        JSON.stringify({ ...good, signature: good.signature.toUpperCase() }),
        JSON.stringify({ ...good, more: 1 }),
        signed({ more: 1 }),
        signed({ level: 7.5 }),
        signed({ total_coins: -1 }),
        signed({ name: "two\nlines" }),
        signed({ as_of: "2026-02-30T12:00:00Z" }),
        signed({ schema: "farmops/snapshot/2" })
      ]) {
        expect([text.slice(0, 80), check(text)]).toEqual([text.slice(0, 80), "malformed"])
      }
    })
  )
})
