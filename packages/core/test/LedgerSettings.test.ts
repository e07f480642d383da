import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { farmSaltToHex } from "@farmops/proof/FarmSalt"
import { Effect, FileSystem, Layer, Redacted, Runtime } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { ledgerMigrations } from "../src/farm/ledgerTables.ts"
import { OwnerToken } from "../src/farm/OwnerToken.ts"
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
  const ownerIn = (directory: string, chosen: Redacted.Redacted<string> | null = null) =>
    startIn(directory)(Effect.provide(OwnerToken, OwnerToken.layer({ directory, chosen })))

  it.effect("is made once, in a private file, and known to the database by its hash only", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { token } = yield* ownerIn(directory)
        const text = Redacted.value(token)
        assert.match(text, /^[0-9a-f]{64}$/)
        const file = `${directory}/owner-token`
        assert.strictEqual((yield* fs.readFileString(file)).trim(), text)
        assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
        const again = yield* ownerIn(directory)
        assert.strictEqual(Redacted.value(again.token), text)
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
        assert.isFalse(owner.matches(made.token))
        const short = yield* Effect.flip(ownerIn(directory, Redacted.make("short")))
        assert.strictEqual(short._tag, "OwnerTokenUnusable")
      })
    )
  )

  it.effect("refuses a file that others may read, and a lost one", () =>
    inFolder((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* ownerIn(directory)
        yield* fs.chmod(`${directory}/owner-token`, 0o644)
        const open = yield* Effect.flip(ownerIn(directory))
        assert.include(open.message, "chmod 600")
        yield* fs.remove(`${directory}/owner-token`)
        const lost = yield* Effect.flip(ownerIn(directory))
        assert.include(lost.message, "FARMOPS_OWNER_TOKEN")
        assert.strictEqual(Runtime.getErrorExitCode(lost), exitCodes.noPermission)
      })
    )
  )
})
