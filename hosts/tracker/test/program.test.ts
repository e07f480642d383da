import { spawn } from "node:child_process"
import { existsSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { Effect } from "effect"
import { temporaryFolder } from "./trackerFixture.ts"

const program = fileURLToPath(new URL("../bin/farmops-tracker.js", import.meta.url))

/** The program in a process of its own; killed with the scope. */
const start = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Record<string, string> = {}) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--conditions=@farmops/source", program, ...args], {
        env: { ...process.env, FARMOPS_DB: "", FARMOPS_OWNER_TOKEN: "", ...env }
      })
    ),
    (started) => Effect.sync(() => void started.kill("SIGKILL"))
  )
  let errors = ""
  let said = () => {}
  child.stderr.on("data", (chunk) => {
    errors += chunk
    said()
  })
  const ended = new Promise<number | null>((resolve) => {
    child.on("exit", (code) => resolve(code))
  })
  /** The URL from the first line of the log. */
  const url = Effect.promise(
    () =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const found = /"?url"?[=:]"?(http:[^\s",}]+)/.exec(errors)?.[1]
          if (found !== undefined) resolve(found)
        }
        said = look
        look()
        ended.then(() => reject(new Error(errors)))
      })
  )
  const end = Effect.map(
    Effect.promise(() => ended),
    (code) => ({ code, errors })
  )
  return { child, url, end }
})

const runToEnd = (args: ReadonlyArray<string>, env?: Record<string, string>) =>
  Effect.flatMap(start(args, env), ({ end }) => end)

/** What a person sees of a failure: one line that starts with the program's name. */
const assertOneLine = (errors: string) => assert.match(errors, /^farmops-tracker: [^\n]+\n$/)

describe("farmops-tracker", () => {
  it.live("serves, makes its private files, and ends with 0 when it is told to", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const tracker = yield* start(["--port", "0", "--grpc-port", "0"], { FARMOPS_DB: `sqlite://${folder}/t.db` })
      const url = yield* tracker.url
      const ready = yield* Effect.promise(() => fetch(`${url}/readyz`))
      assert.strictEqual(ready.status, 200)
      for (const name of ["owner-token", "tracker.key"]) {
        assert.strictEqual(statSync(join(folder, name)).mode & 0o777, 0o600, name)
      }
      tracker.child.kill("SIGTERM")
      assert.strictEqual((yield* tracker.end).code, 0)
    }).pipe(Effect.scoped)
  )

  it.live("leaves a folder alone that another tracker holds, and a port that is taken", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const first = yield* start(["--db", join(folder, "t.db"), "--port", "0"])
      const { port } = new URL(yield* first.url)
      const second = yield* runToEnd(["--db", join(folder, "t.db"), "--port", "0"])
      assert.strictEqual(second.code, exitCodes.alreadyRunning)
      assertOneLine(second.errors)
      const elsewhere = yield* temporaryFolder
      const third = yield* runToEnd(["--db", join(elsewhere, "t.db"), "--port", port])
      assert.strictEqual(third.code, exitCodes.portInUse)
      assertOneLine(third.errors)
    }).pipe(Effect.scoped)
  )

  it.live("refuses a damaged database and one of a newer version, and changes neither", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const damaged = join(folder, "damaged.db")
      writeFileSync(damaged, "this is no database, whatever its name says".repeat(200))
      const corrupt = yield* runToEnd(["--db", damaged, "--port", "0"])
      assert.strictEqual(corrupt.code, exitCodes.corrupted)
      assertOneLine(corrupt.errors)
      const newer = join(folder, "newer.db")
      const db = new DatabaseSync(newer)
      db.exec(
        "CREATE TABLE farmops_migrations_tracker (migration_id INTEGER PRIMARY KEY, created_at TEXT, name TEXT); INSERT INTO farmops_migrations_tracker VALUES (999, '2030-01-01', 'later')"
      )
      db.close()
      const ahead = yield* runToEnd(["--db", newer, "--port", "0"])
      assert.strictEqual(ahead.code, exitCodes.dataNewer)
      assertOneLine(ahead.errors)
      assert.isFalse(existsSync(join(folder, "owner-token")))
    }).pipe(Effect.scoped)
  )

  it.live("says in one line what is wrong with its arguments", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, number]> = [
        [[], exitCodes.usage],
        [["--db", "postgres://localhost/x"], exitCodes.usage],
        [["--db", join(folder, "t.db"), "--port", "70000"], exitCodes.usage],
        [["--db", join(folder, "t.db"), "--port", "0", "--time-zone", "Mars/Base"], exitCodes.config]
      ]
      for (const [args, code] of cases) {
        const ended = yield* runToEnd(args)
        assert.strictEqual(ended.code, code, ended.errors)
        assertOneLine(ended.errors)
      }
    }).pipe(Effect.scoped)
  )

  it.live("says so when its key may be read by others", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "tracker.key"), "{}", { mode: 0o644 })
      const ended = yield* runToEnd(["--db", join(folder, "t.db"), "--port", "0"])
      assert.strictEqual(ended.code, exitCodes.noPermission)
      assertOneLine(ended.errors)
      assert.include(ended.errors, "chmod 600")
    }).pipe(Effect.scoped)
  )
})
