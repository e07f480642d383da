import { describe, expect, it } from "@effect/vitest"
import { makeSigningKey, type SigningKey } from "@farmops/proof/SigningKey"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Roster, signDeparture } from "../src/village/Roster.ts"
import { bodyOf, json, keyListOf, now, rotationOf, signSnapshot, startStandIn } from "./standInTracker.ts"
import { inVillage, joined, nextRound, profileOf, refusalOf, standing } from "./villageLayers.ts"

/** A farmer whose farm has 100 coins, and two further keys. */
const farmer = Effect.gen(function* () {
  const ada = yield* joined("Ada", 100)
  const [second, third, stranger] = [yield* makeSigningKey, yield* makeSigningKey, yield* makeSigningKey]
  const turn = (from: SigningKey, to: SigningKey, position: number) => rotationOf(from, to, ada.farmId, position)
  return { ada, second, third, stranger, turn, row: [turn(ada.key, second, 5), turn(second, third, 9)] }
})

const keysOf = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ public_key: string }>`SELECT public_key FROM village_farmer WHERE farmer_id = ${id}`
  const past = yield* sql<{ public_key: string }>`SELECT public_key FROM village_past_key WHERE farmer_id = ${id}`
  return { present: row?.public_key, past: past.map(({ public_key }) => public_key) }
})

describe("a village whose farmer rotates the farm's key", () => {
  it.effect("follows from the key that it knows, over keys that it never met, and shows what the new key signed", () =>
    inVillage(
      Effect.gen(function* () {
        const { ada, row, second, third } = yield* farmer
        yield* TestClock.adjust("1 seconds")
        yield* ada.shows({ coins: 110 }, { as: third, rotations: row })
        yield* nextRound
        expect(yield* standing).toEqual(["1 Ada 110"])
        const profile = yield* profileOf(ada.id)
        expect(profile.last_error).toBeNull()
        expect(profile.snapshot.public_key).toBe(third.publicKey)
        expect(yield* keysOf(ada.id)).toEqual({ present: third.publicKey, past: [ada.key.publicKey] })
        // From there on it is the new key alone: nobody is asked for keys.
        yield* TestClock.adjust("1 seconds")
        yield* ada.shows({ coins: 120 }, { as: third, rotations: row })
        const asked = ada.paths.length
        yield* nextRound
        expect(ada.paths.slice(asked)).toEqual(["/api/v1/public/snapshot"])
        // Neither key before it says anything here any more.
        for (const as of [ada.key, second]) {
          yield* ada.shows({ coins: 9000 }, { as })
          yield* TestClock.adjust("2 hours")
          yield* nextRound
          expect(yield* standing).toEqual(["1 Ada 120"])
          expect((yield* profileOf(ada.id)).last_error?.code).toBe("other_key")
        }
      })
    )
  )

  it.effect("keeps the snapshot that its profile shows true to the key, also when no number changed", () =>
    inVillage(
      Effect.gen(function* () {
        const { ada, second, turn } = yield* farmer
        const history = yield* profileOf(ada.id)
        yield* TestClock.adjust("1 seconds")
        yield* ada.shows({ coins: 100 }, { as: second, rotations: [turn(ada.key, second, 5)] })
        yield* nextRound
        const profile = yield* profileOf(ada.id)
        expect(profile.snapshot.public_key).toBe(second.publicKey)
        expect(profile.total_coins).toBe(history.total_coins)
      })
    )
  )

  it.effect.each<
    [string, (told: Effect.Success<typeof farmer>) => { as: SigningKey; rotations: ReadonlyArray<string> }]
  >([
    ["no word of the old key", ({ stranger }) => ({ as: stranger, rotations: [] })],
    ["a word of a stranger", ({ second, stranger, turn }) => ({ as: second, rotations: [turn(stranger, second, 5)] })],
    [
      "a possession that the new key did not sign",
      ({ ada, second, stranger, turn }) => ({
        as: stranger,
        rotations: [turn(ada.key, second, 5).replaceAll(second.publicKey, stranger.publicKey)]
      })
    ],
    [
      "the rotation of another farm",
      ({ ada, second }) => ({
        as: second,
        rotations: [rotationOf(ada.key, second, "0191d2a0-0000-7000-8000-0000000000f2", 5)]
      })
    ],
    ["a row that begins too late", ({ row, third }) => ({ as: third, rotations: row.slice(1) })],
    ["a row that ends before the key that signs", ({ row, third }) => ({ as: third, rotations: row.slice(0, 1) })],
    [
      "a row that comes back to an old key",
      ({ ada, second, stranger, turn }) => ({
        as: stranger,
        rotations: [turn(ada.key, second, 5), turn(second, ada.key, 9), turn(ada.key, stranger, 12)]
      })
    ]
  ])("takes nobody for the farm with %s", ([, forge]) =>
    inVillage(
      Effect.gen(function* () {
        const told = yield* farmer
        const { ada } = told
        const { as, rotations } = forge(told)
        const before = yield* profileOf(ada.id)
        yield* TestClock.adjust("1 seconds")
        yield* ada.shows({ coins: 9000 }, { as, rotations })
        yield* nextRound
        expect(yield* profileOf(ada.id)).toEqual({ ...before, last_error: { code: "other_key", at: yield* now } })
        expect(yield* keysOf(ada.id)).toEqual({ present: ada.key.publicKey, past: [] })
      })
    )
  )

  it.effect("notes another key, and nothing else, while the tracker does not say how it came to it", () =>
    inVillage(
      Effect.gen(function* () {
        const { ada, row, third } = yield* farmer
        yield* TestClock.adjust("1 seconds")
        const snapshot = json(signSnapshot(third, bodyOf({ coins: 110 }, yield* now, ada.farmId)))
        const odd = [
          json({ farm_id: ada.farmId }),
          json(
            keyListOf(
              ada.farmId,
              third,
              Array.from({ length: 513 }, () => "")
            )
          ),
          (_request: unknown, response: { end: (text: string) => void }) => response.end("hello")
        ]
        for (const keys of odd) {
          ada.answers((request, response) => (request.url?.endsWith("/keys") ? keys : snapshot)(request, response))
          yield* TestClock.adjust("2 hours")
          yield* nextRound
          expect((yield* profileOf(ada.id)).last_error?.code).toBe("other_key")
        }
        ada.answers((request, response) =>
          (request.url?.endsWith("/keys") ? json(keyListOf(ada.farmId, third, row)) : snapshot)(request, response)
        )
        yield* TestClock.adjust("2 hours")
        yield* nextRound
        expect(yield* standing).toEqual(["1 Ada 110"])
      })
    )
  )

  it.effect("knows the farm again when it registers with the new key, and takes no farmer under the old one", () =>
    inVillage(
      Effect.gen(function* () {
        const { register, unregister } = yield* Roster
        const { ada, row, third } = yield* farmer
        yield* TestClock.adjust("1 seconds")
        yield* ada.shows({ coins: 110 }, { as: third, rotations: row })
        const again = yield* register(yield* ada.registration("Ada of old", ada.url, third))
        expect(again).toMatchObject({ isNew: false, answer: { farmer_id: ada.id, display_name: "Ada of old" } })
        expect(yield* standing).toEqual(["1 Ada of old 110"])
        expect(yield* keysOf(ada.id)).toEqual({ present: third.publicKey, past: [ada.key.publicKey] })

        // A thief with the old key, at an address of his own.
        const thief = yield* startStandIn
        thief.answers(json(signSnapshot(ada.key, bodyOf({ coins: 9000 }, yield* now, ada.farmId))))
        expect(yield* refusalOf(register(yield* ada.registration("Ada", thief.url, ada.key)))).toBe("KeyRetired")
        const gone = { farmer_id: ada.id, requested_at: yield* now }
        expect(yield* refusalOf(unregister(signDeparture(ada.key, gone)))).toBe("SignatureInvalid")
        expect(yield* standing).toEqual(["1 Ada of old 110"])
        yield* unregister(signDeparture(third, gone))
        expect(yield* standing).toEqual([])
      })
    )
  )

  it.effect("makes no one farmer of two that only claim to be the same farm", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const { ada, stranger, turn } = yield* farmer
        yield* TestClock.adjust("1 seconds")
        const thief = yield* startStandIn
        const snapshot = json(signSnapshot(stranger, bodyOf({ coins: 9000 }, yield* now, ada.farmId)))
        const keys = json(keyListOf(ada.farmId, stranger, [turn(thief.key, stranger, 5)]))
        thief.answers((request, response) => (request.url?.endsWith("/keys") ? keys : snapshot)(request, response))
        const answer = yield* register(yield* thief.registration("Not Ada", thief.url, stranger))
        expect(answer.isNew).toBe(true)
        expect(yield* keysOf(ada.id)).toEqual({ present: ada.key.publicKey, past: [] })
        expect(yield* standing).toEqual(["1 Not Ada 9000", "2 Ada 100"])
      })
    )
  )

  it.effect("shows no shorter ledger and no older snapshot for being told of a new key", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const { ada, second, turn } = yield* farmer
        const rotations = [turn(ada.key, second, 5)]
        yield* TestClock.adjust("1 seconds")
        yield* ada.shows({ coins: 100, proofs: 50 }, { as: second, rotations })
        yield* nextRound
        expect((yield* profileOf(ada.id)).last_error?.code).toBe("ledger_replaced")
        expect(yield* refusalOf(register(yield* ada.registration("Ada", ada.url, second)))).toBe("SnapshotRefused")
        expect(yield* keysOf(ada.id)).toEqual({ present: ada.key.publicKey, past: [] })
      })
    )
  )
})
