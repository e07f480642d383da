import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, expect, it } from "@effect/vitest"
import { verifyArchive } from "@farmops/proof/archiveFile"
import { nodeBackend } from "@farmops/proof/NodeBackend"
import { Effect, Exit } from "effect"
import { SqlClient } from "effect/sql"
import { LedgerArchive } from "../src/farm/archive/LedgerArchive.ts"
import { LedgerSettings } from "../src/farm/LedgerSettings.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { auditNow, fileFarmLayer, makeStory } from "./checkpointLayers.ts"
import { steppedArchive } from "./steppedArchive.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** How many bodies are away, once it is sure that all else holds. */
const lookAt = (folder: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    expect((yield* auditNow()).first).toEqual([])
    const [row] = yield* sql<{ away: number; archives: number }>`
      SELECT COUNT(*) AS away, (SELECT COUNT(*) FROM tracker_archive WHERE restored_at IS NULL) AS archives
      FROM tracker_proof WHERE line IS NULL`
    assert.strictEqual((row?.away ?? 0) > 0, (row?.archives ?? 0) > 0)
    const trust = { trackerKey: (yield* TrackerKey).publicKey, farmId: (yield* LedgerSettings).farmId }
    // A file under its own name is whole, even where nobody needs it yet.
    for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".archive"))) {
      assert.isTrue(verifyArchive(readFileSync(join(folder, name)), trust, nodeBackend).ok)
    }
    return row?.away ?? 0
  })

/** Does the same thing again and again, stopped before one step further each time, until it is not stopped any more. */
const stopAtEach = Effect.fnUntraced(function* <E>(
  folder: string,
  act: (archive: LedgerArchive["Service"], step: number) => Effect.Effect<unknown, E>,
  check: (away: number, isStopped: boolean) => void
) {
  for (let at = 1; ; at++) {
    let step = 0
    const stepped = steppedArchive(() => {
      step++
      if (step === at) throw new Error("stopped")
    })
    const exit = yield* Effect.exit(
      Effect.provide(
        Effect.flatMap(LedgerArchive, (archive) => act(archive, at)),
        stepped
      )
    )
    check(yield* lookAt(folder), Exit.isFailure(exit))
    if (Exit.isSuccess(exit)) return at - 1
  }
})

const script = fileURLToPath(new URL("archiveAndDie.ts", import.meta.url))

const endOf = (folder: string, file: string, step: number) =>
  Effect.callback<NodeJS.Signals | number | null>((resume) => {
    const args = ["--conditions=@farmops/source", script, folder, file, String(step)]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] })
    child.on("close", (code, signal) => resume(Effect.succeed(signal ?? code)))
  })

describe("an archive that is stopped at any step", () => {
  it.live("loses no line: all are here until the file that holds them is whole, and until they are back", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* Effect.gen(function* () {
        yield* makeStory
        const fileOf = (step: number) => join(folder, `${step}.archive`)
        const archived = yield* stopAtEach(
          folder,
          ({ archive }, step) => archive({ type: "keep", lines: 0 }, fileOf(step)),
          (away, isStopped) => assert.strictEqual(away === 0, isStopped)
        )
        // Two signatures, and opening, writing, syncing, naming and reading the file.
        assert.isAtLeast(archived, 8)
        const restored = yield* stopAtEach(
          folder,
          ({ restore }) => restore(fileOf(archived + 1)),
          (away, isStopped) => assert.strictEqual(away > 0, isStopped)
        )
        assert.isAtLeast(restored, 3)
      }).pipe(Effect.provide(fileFarmLayer(folder)))
    }).pipe(Effect.scoped)
  )

  it.live("loses no line when its process is killed, half-way through the file or inside the transaction", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* Effect.provide(makeStory, fileFarmLayer(folder))
      let steps = 0
      yield* Effect.flatMap(LedgerArchive, ({ archive }) =>
        archive({ type: "keep", lines: 0 }, `${folder}/count`)
      ).pipe(
        Effect.andThen(Effect.flatMap(LedgerArchive, ({ restore }) => restore(`${folder}/count`))),
        Effect.provide(steppedArchive(() => steps++)),
        Effect.provide(fileFarmLayer(folder))
      )
      // Bringing it back takes two readings and a signature.
      const last = steps - 3
      assert.strictEqual(yield* endOf(folder, join(folder, "a.archive"), last), "SIGKILL")
      const look = lookAt(folder).pipe(Effect.provide(fileFarmLayer(folder)))
      assert.strictEqual(yield* look, 0)
      // Half a file has not got its name yet.
      assert.strictEqual(yield* endOf(folder, join(folder, "half.archive"), 4), "SIGKILL")
      assert.strictEqual(yield* look, 0)
      assert.strictEqual(yield* endOf(folder, join(folder, "b.archive"), last + 1), 0)
      assert.isAbove(yield* look, 0)
    }).pipe(Effect.scoped)
  )
})
