import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { makeSigningKey } from "@farmops/proof/SigningKey"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { FarmerProfiles } from "../src/village/FarmerProfiles.ts"
import { Leaderboard } from "../src/village/Leaderboard.ts"
import { SnapshotSource } from "../src/village/SnapshotSource.ts"
import { SnapshotSync } from "../src/village/SnapshotSync.ts"
import { bodyOf, inGroupsOf, json, signSnapshot } from "./standInTracker.ts"
import { temporaryFolder } from "./temporaryFolder.ts"
import { inVillage, joined, nextRound, profileOf, standing, syncSeconds } from "./villageLayers.ts"

describe("a village", () => {
  it.effect("ranks farmers by what their trackers show, and follows them", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        const bob = yield* joined("Bob", 300)
        expect(yield* standing).toEqual(["1 Bob 300", "2 Ada 100"])
        yield* ada.shows({ coins: 500, streak: 3, bots: 7 }, { asOf: "2026-03-01T12:00:30Z" })
        yield* nextRound
        expect(yield* standing).toEqual(["1 Ada 500", "2 Bob 300"])
        expect(yield* profileOf(ada.id)).toMatchObject({
          display_name: "Ada",
          public_key: ada.key.publicKey,
          fingerprint: ada.key.fingerprint,
          total_coins: 500,
          level: 5,
          streak_days: 3,
          bot_coins: 7,
          updated_at: "2026-03-01T12:00:30Z",
          last_sync_at: "2026-03-01T12:01:00Z",
          last_error: null,
          ranks: { coins: 1, streak: 1, level: 1 }
        })
        expect((yield* profileOf(bob.id)).ranks).toEqual({ coins: 2, streak: 2, level: 2 })
      })
    )
  )

  it.effect("hands on the snapshot as its farm signed it", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        const signed = signSnapshot(ada.key, bodyOf({ coins: 100 }, "2026-03-01T12:00:00Z", ada.farmId))
        expect((yield* profileOf(ada.id)).snapshot).toEqual(signed)
      })
    )
  )

  it.effect("asks each tracker only when its time has come", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        const { syncDue } = yield* SnapshotSync
        yield* TestClock.adjust(`${syncSeconds - 1} seconds`)
        yield* syncDue
        expect(ada.paths).toHaveLength(1)
        yield* TestClock.adjust("1 seconds")
        yield* syncDue
        yield* syncDue
        expect(ada.paths).toHaveLength(2)
      })
    )
  )

  it.effect("asks four trackers at once and no more, and all whose time has come", () =>
    inVillage(
      Effect.gen(function* () {
        const trackers = yield* Effect.forEach(
          Array.from({ length: 12 }, (_, at) => `Farmer ${at}`),
          (name) => joined(name, 100)
        )
        const { group, seen } = inGroupsOf(4, (_request, response) => response.writeHead(500).end())
        for (const tracker of trackers) tracker.answers(group)
        yield* nextRound
        expect(trackers.every(({ paths }) => paths.length === 2)).toBe(true)
        expect(seen.peak).toBe(4)
      })
    )
  )

  it.effect("keeps its farmers, their snapshots and their history over a restart", () =>
    Effect.gen(function* () {
      const db = join(yield* temporaryFolder, "village.db")
      yield* Effect.gen(function* () {
        const ada = yield* inVillage(joined("Ada", 100), { db }).pipe(Effect.map(({ id }) => id))
        const again = yield* inVillage(
          Effect.gen(function* () {
            const profiles = yield* FarmerProfiles
            return [yield* standing, yield* profileOf(ada), yield* profiles.history(ada, 10, null)] as const
          }),
          { db }
        )
        expect(again[0]).toEqual(["1 Ada 100"])
        expect(again[1].snapshot.body.total_coins).toBe(100)
        expect(again[2].entries).toHaveLength(1)
      })
    }).pipe(Effect.scoped)
  )
})

describe("a tracker that answers with something else than its farm's next snapshot", () => {
  const cases = {
    "a snapshot signed by another key": ["other_key", (coins: number) => ({ coins, other: true })],
    "an old snapshot sent again": ["older", (coins: number) => ({ coins, asOf: "2026-03-01T11:59:59Z" })],
    "a shorter ledger": ["ledger_replaced", (coins: number) => ({ coins, proofs: 5 })],
    "a snapshot of tomorrow": ["from_the_future", (coins: number) => ({ coins, asOf: "2026-03-02T12:00:00Z" })]
  } as const

  it.effect.each(Object.entries(cases))("changes nothing that is shown, and is noted: %s", ([, [fault, forge]]) =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        const before = yield* profileOf(ada.id)
        const { other, ...rest } = { other: false, asOf: "2026-03-01T12:00:30Z", proofs: 9999, ...forge(9000) }
        const stranger = yield* makeSigningKey
        yield* ada.shows(
          { coins: rest.coins, proofs: rest.proofs },
          { asOf: rest.asOf, as: other ? stranger : ada.key }
        )
        yield* nextRound
        const after = yield* profileOf(ada.id)
        expect(after).toEqual({ ...before, last_error: { code: fault, at: "2026-03-01T12:01:00Z" } })
        expect(yield* standing).toEqual(["1 Ada 100"])
        yield* ada.shows({ coins: 110 }, { asOf: "2026-03-01T12:02:00Z" })
        yield* TestClock.adjust("2 minutes")
        yield* (yield* SnapshotSync).syncDue
        expect(yield* profileOf(ada.id)).toMatchObject({ total_coins: 110, last_error: null })
      })
    )
  )

  it.effect("changes nothing that is shown when coins were altered under a good signature", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        const good = signSnapshot(ada.key, bodyOf({ coins: 110 }, "2026-03-01T12:00:30Z", ada.farmId))
        ada.answers(json({ ...good, body: bodyOf({ coins: 9000 }, "2026-03-01T12:00:30Z", ada.farmId) }))
        yield* nextRound
        expect(yield* standing).toEqual(["1 Ada 100"])
        expect((yield* profileOf(ada.id)).last_error?.code).toBe("bad_signature")
      })
    )
  )

  it.effect("leaves its farmer where they stood while it is away, and is asked more and more rarely", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        ada.answers((_request, response) => response.writeHead(503).end())
        yield* nextRound
        expect(yield* standing).toEqual(["1 Ada 100"])
        expect((yield* profileOf(ada.id)).last_error?.code).toBe("bad_status")
        for (let minute = 0; minute < 240; minute++) yield* nextRound
        // In the minutes 1, 2, 4, 8, 16, 32 and 64, and then once an hour.
        expect(ada.paths).toHaveLength(1 + 7 + 2)
        yield* ada.shows({ coins: 120 })
        yield* TestClock.adjust("1 hour")
        yield* (yield* SnapshotSync).syncDue
        expect(yield* standing).toEqual(["1 Ada 120"])
      })
    )
  )

  it.effect("keeps nobody else from being asked, even when it meets a bug of ours", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        const bob = yield* joined("Bob", 50)
        const source = yield* SnapshotSource
        const { syncDue } = yield* SnapshotSync.make.pipe(
          Effect.provideService(SnapshotSource, {
            ...source,
            pull: (url) => (url === ada.url ? Effect.die("a bug") : source.pull(url))
          })
        )
        yield* TestClock.adjust(`${syncSeconds} seconds`)
        yield* bob.shows({ coins: 60 })
        yield* syncDue
        expect(yield* standing).toEqual(["1 Ada 100", "2 Bob 60"])
        expect((yield* profileOf(ada.id)).last_error?.code).toBe("internal_error")
      })
    )
  )
})

describe("the board", () => {
  it.effect("gives equal numbers one rank and names first who got there first", () =>
    inVillage(
      Effect.gen(function* () {
        yield* joined("Low", 50)
        const late = yield* joined("Late", 100, 1)
        yield* TestClock.adjust("1 seconds")
        yield* joined("Early", 200, 2)
        yield* TestClock.adjust("1 seconds")
        yield* joined("Top", 300, 2)
        yield* TestClock.adjust("1 seconds")
        yield* late.shows({ coins: 200, streak: 1 })
        yield* nextRound
        expect(yield* standing).toEqual(["1 Top 300", "2 Early 200", "2 Late 200", "4 Low 50"])
        const { top } = yield* Leaderboard
        const names = (sort: "streak" | "level") =>
          Effect.map(top(sort, 200), (entries) => entries.map(({ display_name, rank }) => `${rank} ${display_name}`))
        expect(yield* names("streak")).toEqual(["1 Early", "1 Top", "3 Late", "4 Low"])
        expect(yield* names("level")).toEqual(["1 Top", "2 Early", "2 Late", "4 Low"])
        expect((yield* profileOf(late.id)).ranks).toEqual({ coins: 2, streak: 3, level: 2 })
        expect(yield* top("coins", 2)).toHaveLength(2)
      })
    )
  )

  it.effect("labels a farm that was grown from a sample", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        yield* ada.shows({ coins: 101, sample: true })
        yield* TestClock.adjust("1 minute")
        yield* ada.shows({ coins: 101, sample: true })
        yield* (yield* SnapshotSync).syncDue
        expect(yield* (yield* Leaderboard).top("coins", 1)).toMatchObject([{ sample: true }])
        expect(yield* profileOf(ada.id)).toMatchObject({ sample: true })
      })
    )
  )
})

describe("a farmer's history", () => {
  it.effect("has one entry for each hour in which something changed: the last of it", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        const { history } = yield* FarmerProfiles
        const grow = Effect.fnUntraced(function* (coins: number) {
          yield* ada.shows({ coins })
          yield* nextRound
        })
        for (const coins of [110, 120]) yield* grow(coins)
        yield* TestClock.adjust("1 hour")
        yield* grow(120)
        yield* TestClock.adjust("1 hour")
        yield* grow(130)
        const page = yield* history(ada.id, 10, null)
        expect(page.entries.map(({ proofs, total_coins }) => [total_coins, proofs])).toEqual([
          [130, 130],
          [120, 120]
        ])
        const first = yield* history(ada.id, 1, null)
        expect(first.entries).toEqual(page.entries.slice(0, 1))
        expect((yield* history(ada.id, 1, first.next_cursor)).entries).toEqual(page.entries.slice(1))
        expect(page.next_cursor).toBe(null)
      })
    )
  )

  it.effect("forgets what is older than its limit", () =>
    inVillage(
      Effect.gen(function* () {
        const ada = yield* joined("Ada", 100)
        yield* TestClock.adjust("401 days")
        yield* ada.shows({ coins: 110 })
        yield* (yield* SnapshotSync).syncDue
        const { entries } = yield* (yield* FarmerProfiles).history(ada.id, 10, null)
        expect(entries.map(({ total_coins }) => total_coins)).toEqual([110])
      })
    )
  )
})
