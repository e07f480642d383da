import type { ServerResponse } from "node:http"
import { describe, expect, it } from "@effect/vitest"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { Deferred, Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Roster, requestAgeMsMax, signDeparture, signRegistration } from "../src/village/Roster.ts"
import { SnapshotSync } from "../src/village/SnapshotSync.ts"
import { bodyOf, inGroupsOf, now, signSnapshot, startStandIn } from "./standInTracker.ts"
import { inVillage, joined, nextRound, profileOf, refusalOf, standing, start, syncSeconds } from "./villageLayers.ts"

describe("a registration", () => {
  it.effect("is the same farmer for the same key, with the newest name and address", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const ada = yield* joined("Ada", 100)
        const moved = yield* startStandIn
        yield* TestClock.adjust("1 seconds")
        yield* moved.shows({ coins: 105 }, { as: ada.key, farmId: ada.farmId })
        const request = signRegistration(ada.key, {
          display_name: "Ada of the Hill",
          tracker_url: moved.url,
          requested_at: yield* now
        })
        const again = yield* register(request)
        expect(again).toMatchObject({ isNew: false, answer: { farmer_id: ada.id, display_name: "Ada of the Hill" } })
        expect(yield* register(request)).toEqual(again)
        expect(yield* standing).toEqual(["1 Ada of the Hill 105"])
        yield* nextRound
        expect(ada.paths).toHaveLength(1)
        expect(moved.paths).toHaveLength(3)
      })
    )
  )

  it.effect("cannot be undone by sending an earlier one again", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        yield* tracker.shows({ coins: 100 })
        const first = yield* tracker.registration("First name")
        yield* register(first)
        yield* TestClock.adjust("10 seconds")
        yield* tracker.shows({ coins: 100 })
        yield* register(yield* tracker.registration("Second name"))
        expect(yield* refusalOf(register(first))).toBe("RequestStale")
        expect(yield* standing).toEqual(["1 Second name 100"])
      })
    )
  )

  it.effect("is refused with a signature that is not its own, before any address is called", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        yield* tracker.shows({ coins: 100 })
        const request = yield* tracker.registration("Ada")
        const other = yield* makeSigningKey
        for (const change of [
          { display_name: "Eve" },
          { tracker_url: `${tracker.url}/other` },
          { public_key: other.publicKey },
          { requested_at: "2026-03-01T12:00:01Z" }
        ]) {
          expect(yield* refusalOf(register({ ...request, ...change }))).toBe("SignatureInvalid")
        }
        expect(tracker.paths).toEqual([])
      })
    )
  )

  it.effect("is good for five minutes before and after its time", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        const request = yield* tracker.registration("Ada")
        yield* TestClock.adjust(requestAgeMsMax + 1)
        expect(yield* refusalOf(register(request))).toBe("RequestStale")
        yield* TestClock.setTime(start - requestAgeMsMax - 1)
        expect(yield* refusalOf(register(request))).toBe("RequestStale")
        yield* TestClock.setTime(start)
        yield* tracker.shows({ coins: 1 })
        yield* TestClock.adjust(requestAgeMsMax)
        expect(yield* register(request)).toMatchObject({ isNew: true })
      })
    )
  )

  it.effect("leaves nothing behind when the tracker shows no snapshot of this key", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        const other = yield* makeSigningKey
        expect(yield* refusalOf(register(yield* tracker.registration("Ada")))).toBe("TrackerSilent")
        yield* tracker.shows({ coins: 100 }, { as: other })
        const refused = yield* Effect.flip(register(yield* tracker.registration("Ada")))
        expect(refused).toMatchObject({ _tag: "SnapshotRefused", fault: "other_key" })
        expect(yield* standing).toEqual([])
      })
    )
  )

  it.effect("calls no address of a private network where that is not allowed", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        yield* tracker.shows({ coins: 100 })
        const refused = yield* Effect.flip(register(yield* tracker.registration("Ada")))
        expect(refused).toMatchObject({ _tag: "TrackerSilent", reason: "address_refused" })
        expect(tracker.paths).toEqual([])
      }),
      { allowPrivateAddresses: false }
    )
  )

  it.effect("finds no room in a full village, but renews those who are in", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const ada = yield* joined("Ada", 100)
        yield* joined("Bob", 100)
        const third = yield* startStandIn
        yield* third.shows({ coins: 1 })
        const refused = yield* Effect.flip(register(yield* third.registration("Eve")))
        expect(refused).toMatchObject({ _tag: "RosterFull", farmersMax: 2 })
        expect(yield* register(yield* ada.registration("Ada"))).toMatchObject({ isNew: false })
      }),
      { farmersMax: 2 }
    )
  )

  it.effect("makes one farmer when it comes twice at once", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        yield* tracker.shows({ coins: 100 })
        const request = yield* tracker.registration("Ada")
        const answers = yield* Effect.all([register(request), register(request), register(request)], {
          concurrency: "unbounded"
        })
        expect(new Set(answers.map(({ answer }) => answer.farmer_id)).size).toBe(1)
        expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1)
        expect(yield* standing).toEqual(["1 Ada 100"])
      })
    )
  )

  it.effect("waits in a short queue, and is told so when that is full", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        tracker.answers(() => undefined)
        const request = yield* tracker.registration("Ada")
        const waiting = yield* Effect.forEach(Array.from({ length: 32 }), () =>
          Effect.forkChild(Effect.exit(register(request)), { startImmediately: true })
        )
        yield* tracker.asked
        expect(yield* refusalOf(register(request))).toBe("VillageBusy")
        yield* Fiber.interruptAll(waiting)
        yield* tracker.shows({ coins: 1 })
        expect(yield* register(request)).toMatchObject({ isNew: true })
      })
    )
  )

  it.effect("makes the village call four trackers at once and no more", () =>
    inVillage(
      Effect.gen(function* () {
        const { register } = yield* Roster
        const tracker = yield* startStandIn
        const request = yield* tracker.registration("Ada")
        const { group, seen } = inGroupsOf(4, (_request, response) => response.writeHead(500).end())
        tracker.answers(group)
        const all = Array.from({ length: 12 }, () => Effect.exit(register(request)))
        yield* Effect.all(all, { concurrency: "unbounded" })
        expect([tracker.paths.length, seen.peak]).toEqual([12, 4])
      })
    )
  )
})

describe("leaving a village", () => {
  it.effect("takes the snapshot and the history along, and an overheard registration brings nobody back", () =>
    inVillage(
      Effect.gen(function* () {
        const { register, unregister } = yield* Roster
        const sql = yield* SqlClient.SqlClient
        const tracker = yield* startStandIn
        yield* tracker.shows({ coins: 100 })
        const request = yield* tracker.registration("Ada")
        const { answer } = yield* register(request)
        yield* joined("Bob", 50)
        yield* TestClock.adjust("10 seconds")
        yield* unregister(signDeparture(tracker.key, { farmer_id: answer.farmer_id, requested_at: yield* now }))
        expect(yield* standing).toEqual(["1 Bob 50"])
        expect(yield* refusalOf(profileOf(answer.farmer_id))).toBe("FarmerUnknown")
        for (const table of ["village_farmer", "village_snapshot", "village_history"]) {
          const rows = yield* sql`SELECT farmer_id FROM ${sql(table)} WHERE farmer_id = ${answer.farmer_id}`
          expect([table, rows]).toEqual([table, []])
        }
        expect(yield* refusalOf(register(request))).toBe("RequestStale")
        yield* TestClock.adjust("1 seconds")
        yield* tracker.shows({ coins: 100 })
        expect(yield* register(yield* tracker.registration("Ada"))).toMatchObject({ isNew: true })
      })
    )
  )

  it.effect("is for the farm's own key, now, and for a farmer of this village", () =>
    inVillage(
      Effect.gen(function* () {
        const { unregister } = yield* Roster
        const ada = yield* joined("Ada", 100)
        const stranger = yield* makeSigningKey
        const body = { farmer_id: ada.id, requested_at: yield* now }
        expect(yield* refusalOf(unregister(signDeparture(stranger, body)))).toBe("SignatureInvalid")
        const good = signDeparture(ada.key, body)
        expect(yield* refusalOf(unregister({ ...good, requested_at: "2026-03-01T12:00:01Z" }))).toBe("SignatureInvalid")
        const nobody = signDeparture(ada.key, { ...body, farmer_id: "0191d2a0-0000-7000-8000-000000000000" })
        expect(yield* refusalOf(unregister(nobody))).toBe("FarmerUnknown")
        yield* TestClock.adjust(requestAgeMsMax + 1)
        expect(yield* refusalOf(unregister(good))).toBe("RequestStale")
        expect(yield* standing).toEqual(["1 Ada 100"])
      })
    )
  )

  it.effect("is not undone by a look that was already under way", () =>
    inVillage(
      Effect.gen(function* () {
        const { unregister } = yield* Roster
        const { syncDue } = yield* SnapshotSync
        const ada = yield* joined("Ada", 100)
        yield* TestClock.adjust(`${syncSeconds} seconds`)
        const arrived = yield* Deferred.make<ServerResponse>()
        ada.answers((_request, response) => Effect.runSync(Deferred.succeed(arrived, response)))
        const round = yield* Effect.forkChild(syncDue)
        const response = yield* Deferred.await(arrived)
        yield* unregister(signDeparture(ada.key, { farmer_id: ada.id, requested_at: yield* now }))
        response.end(JSON.stringify(signSnapshot(ada.key, bodyOf({ coins: 200 }, yield* now, ada.farmId))))
        yield* Fiber.join(round)
        expect(yield* standing).toEqual([])
      })
    )
  )
})
