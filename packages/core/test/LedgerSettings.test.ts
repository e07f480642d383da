import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { farmSaltToHex } from "@farmops/proof/FarmSalt"
import { Effect, FileSystem, Layer, Redacted, Runtime } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import { OwnerToken, rotateOwnerToken } from "../src/farm/OwnerToken.ts"
import { exitCodes } from "../src/host/exitCodes.ts"
import * as Database from "../src/sql/Database.ts"

const plain = { timeZone: "Europe/Berlin", farmName: "Home", sample: false }

/** One start of a tracker on the database in `directory`. */
const startIn = (directory: string, options: Parameters<typeof LedgerSettings.layer>[0] = plain) => {
  const database = Database.layerMigrations("tracker", ledgerMigrations).pipe(
    Layer.provideMerge(Database.layer(`sqlite://${directory}/ledger.db`))
  )
  return <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.scoped(Effect.provide(effect, LedgerSettings.layer(options).pipe(Layer.provideMerge(database))))
}

const inFolder = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.flatMap(fs.makeTempDirectoryScoped(), test))).pipe(
    Effect.provide(NodeServices.layer)
  )

describe("LedgerSettings", () => {
  it.effect("keeps id, zone, salt and founding for life", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const first = yield* startIn(directory)(LedgerSettings)
        const second = yield* startIn(directory, { ...plain, timeZone: null, farmName: "Renamed" })(LedgerSettings)
        assert.strictEqual(second.farmId, first.farmId)
        assert.strictEqual(second.timeZone, "Europe/Berlin")
        assert.strictEqual(second.foundedAt, first.foundedAt)
        assert.strictEqual(farmSaltToHex(second.farmSalt), farmSaltToHex(first.farmSalt))
        assert.strictEqual(second.farmName, "Renamed")
        assert.strictEqual(Redacted.value(first.farmSalt).length, 32)
        assert.notInclude(JSON.stringify(first), farmSaltToHex(first.farmSalt))
      })
    )
  )

  it.effect("refuses to count days in another zone than before", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        yield* startIn(directory)(LedgerSettings)
        const error = yield* Effect.flip(startIn(directory, { ...plain, timeZone: "UTC" })(LedgerSettings))
        assert.deepInclude(error, { _tag: "TimeZoneFixed", kept: "Europe/Berlin", asked: "UTC" })
        assert.strictEqual(Runtime.getErrorExitCode(error), exitCodes.config)
      })
    )
  )

  it.effect("refuses a zone that does not exist and a name that cannot be shown", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const zone = yield* Effect.flip(startIn(directory, { ...plain, timeZone: "Mars/Base" })(LedgerSettings))
        assert.strictEqual(zone._tag, "TimeZoneUnknown")
        for (const farmName of ["", " x", "a\nb", "\u202eevil", "x".repeat(65)]) {
          const name = yield* Effect.flip(startIn(directory, { ...plain, farmName })(LedgerSettings))
          assert.strictEqual(name._tag, "FarmNameUnusable")
        }
      })
    )
  )

  it.effect("never forgets that a ledger holds sample work", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        yield* startIn(directory, { ...plain, sample: true })(LedgerSettings)
        assert.isTrue((yield* startIn(directory)(LedgerSettings)).sample)
      })
    )
  )
})

describe("OwnerToken", () => {
  const textOf = (token: Redacted.Redacted<string> | null) => (token === null ? "" : Redacted.value(token))
  const using = <A, E, R>(
    directory: string,
    use: (owner: OwnerToken["Service"]) => Effect.Effect<A, E, R>,
    options: { readonly chosen?: Redacted.Redacted<string> | null; readonly needed?: boolean } = {}
  ) =>
    startIn(directory)(
      Effect.flatMap(OwnerToken, use).pipe(Effect.provide(OwnerToken.layer({ directory, chosen: null, ...options })))
    )
  const ownerIn = (directory: string, chosen: Redacted.Redacted<string> | null = null, needed = false) =>
    using(directory, Effect.succeed, { chosen, needed })

  it.effect("is made once, in a private file, and known to the database by its hash only", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { isNew, token } = yield* ownerIn(directory)
        const text = textOf(token)
        assert.isTrue(isNew)
        assert.match(text, /^[0-9a-f]{64}$/)
        const file = `${directory}/owner-token`
        assert.strictEqual((yield* fs.readFileString(file)).trim(), text)
        assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
        const again = yield* ownerIn(directory)
        assert.strictEqual(textOf(again.token), text)
        assert.isFalse(again.isNew)
        assert.isTrue(again.matches(Redacted.make(text)))
        for (const wrong of ["", text.slice(1), `${text} `, "0".repeat(64)]) {
          assert.isFalse(again.matches(Redacted.make(wrong)))
        }
        const settings = yield* startIn(directory)(
          Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM tracker_setting`)
        )
        assert.notInclude(JSON.stringify(settings), text)
      })
    )
  )

  it.effect("is the chosen one where one was chosen", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const made = yield* ownerIn(directory)
        const chosen = Redacted.make("c".repeat(40))
        const owner = yield* ownerIn(directory, chosen)
        assert.isTrue(owner.matches(chosen))
        assert.isFalse(owner.matches(Redacted.make(textOf(made.token))))
        assert.strictEqual((yield* Effect.flip(owner.rotate))._tag, "OwnerTokenChosen")
        const short = yield* Effect.flip(ownerIn(directory, Redacted.make("short")))
        assert.strictEqual(short._tag, "OwnerTokenUnusable")
      })
    )
  )

  it.effect("stays rotated away when another tracker starts with a copy of the file from before", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const path = `${directory}/owner-token`
        yield* ownerIn(directory)
        const copy = yield* fs.readFileString(path)
        const second = yield* using(directory, (owner) => owner.rotate)
        yield* fs.writeFileString(path, copy)
        const refused = yield* Effect.flip(ownerIn(directory))
        assert.include(refused.message, "rotated away")
        yield* fs.remove(path)
        assert.isTrue((yield* ownerIn(directory)).matches(second))
      })
    )
  )

  it.effect("refuses a file that others may read, and a lost one where it is needed", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* ownerIn(directory)
        yield* fs.chmod(`${directory}/owner-token`, 0o644)
        const open = yield* Effect.flip(ownerIn(directory))
        assert.include(open.message, "chmod 600")
        yield* fs.remove(`${directory}/owner-token`)
        const lost = yield* Effect.flip(ownerIn(directory, null, true))
        assert.include(lost.message, "FARMOPS_OWNER_TOKEN")
        assert.strictEqual(Runtime.getErrorExitCode(lost), exitCodes.noPermission)
      })
    )
  )

  it.effect("is good by its hash alone once its file was taken away", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const text = textOf((yield* ownerIn(directory)).token)
        yield* fs.remove(`${directory}/owner-token`)
        const later = yield* ownerIn(directory)
        assert.deepInclude(later, { token: null, isNew: false })
        assert.isTrue(later.matches(Redacted.make(text)))
        assert.isFalse(yield* fs.exists(`${directory}/owner-token`))
      })
    )
  )

  it.effect("is replaced by a rotation at once, in its file too where that is, and for good", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const first = textOf((yield* ownerIn(directory)).token)
        const second = yield* using(directory, (owner) =>
          Effect.map(owner.rotate, (token) => {
            assert.isTrue(owner.matches(token))
            assert.isFalse(owner.matches(Redacted.make(first)))
            return Redacted.value(token)
          })
        )
        assert.strictEqual((yield* fs.readFileString(`${directory}/owner-token`)).trim(), second)
        yield* fs.remove(`${directory}/owner-token`)
        const third = yield* using(directory, (owner) => Effect.map(owner.rotate, Redacted.value))
        assert.isFalse(yield* fs.exists(`${directory}/owner-token`))
        const later = yield* ownerIn(directory)
        assert.deepStrictEqual(
          [first, second, third].map((text) => later.matches(Redacted.make(text))),
          [false, false, true]
        )
      })
    )
  )

  it.effect("is followed within seconds where another process rotated it", () =>
    inFolder((directory) =>
      using(directory, (owner) =>
        Effect.gen(function* () {
          const before = Redacted.make(textOf(owner.token))
          const token = yield* rotateOwnerToken(directory)
          assert.isTrue(owner.matches(before))
          yield* TestClock.adjust("5 seconds")
          // The look itself is a read of a real file.
          while (owner.matches(before)) yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
          assert.isTrue(owner.matches(token))
        })
      )
    )
  )
})
