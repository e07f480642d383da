import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Runtime } from "effect"
import * as DataDirectory from "../src/host/DataDirectory.ts"
import { exitCodes } from "../src/host/exitCodes.ts"
import { startProgram } from "./startProgram.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const open = (path: string) => Effect.provide(DataDirectory.open(path), NodeServices.layer)
const openAndClose = (path: string) => Effect.scoped(open(path))
const failureOf = (path: string) => Effect.flip(openAndClose(path))

describe("a data folder", () => {
  it.effect("is made for its owner alone, with its version, and can be opened again", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "deep", "farm")
      expect(yield* openAndClose(path)).toBe(path)
      expect(statSync(path).mode & 0o777).toBe(0o700)
      expect(readFileSync(join(path, "version"), "utf8")).toBe(`${DataDirectory.dataVersion}\n`)
      expect(yield* openAndClose(path)).toBe(path)
    })
  )

  it.effect("is held against a second opening in the same process until it is closed", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* open(path)
          expect(yield* failureOf(path)).toMatchObject({
            _tag: "DataDirectoryInUse",
            path,
            [Runtime.errorExitCode]: exitCodes.alreadyRunning
          })
        })
      )
      yield* openAndClose(path)
    })
  )

  it.live("is held against another process, and free as soon as that one was killed", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      const holder = yield* startProgram("hold-folder", path)
      yield* holder.said("held")
      expect(yield* failureOf(path)).toMatchObject({ _tag: "DataDirectoryInUse" })
      const second = yield* Effect.flatMap(startProgram("hold-folder", path), ({ ended }) => ended)
      expect(second.code).toBe(exitCodes.alreadyRunning)
      expect(second.stderr).toBe(
        `farmops-test: ${path} is in use by another farmops that is still running; stop that one, or choose another folder with --data\n`
      )
      yield* holder.signal("SIGKILL")
      yield* holder.ended
      yield* openAndClose(path)
    })
  )

  it.effect("is refused and left as it was when a newer version made it", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      writeFileSync(join(path, "version"), "2\n")
      const error = yield* failureOf(path)
      expect(error).toMatchObject({
        _tag: "DataDirectoryNewer",
        found: "2",
        [Runtime.errorExitCode]: exitCodes.dataNewer
      })
      expect(readdirSync(path)).toEqual(["version"])
    })
  )

  it.effect("says what stands in its way when it cannot be made", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      const error = yield* failureOf(join(file, "farm"))
      expect(error).toMatchObject({ _tag: "DataDirectoryUnusable", [Runtime.errorExitCode]: exitCodes.io })
      expect(error.message).toMatch(/^cannot use the data folder .*: [a-z ]+$/)
    })
  )

  it.effect("says so when its lock is no lock, and leaves it alone", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFolder
      writeFileSync(join(path, "lock.db"), "x".repeat(200))
      const error = yield* failureOf(path)
      expect(error._tag).toBe("DataDirectoryUnusable")
      expect(error.message).toContain("lock.db")
      expect(existsSync(join(path, "version"))).toBe(false)
    })
  )
})
