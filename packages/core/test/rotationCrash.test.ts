import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Checkpointer } from "../src/farm/checkpoint/Checkpointer.ts"
import { FarmKeys } from "../src/farm/keys/FarmKeys.ts"
import { TrackerKey } from "../src/farm/TrackerKey.ts"
import { auditNow, fileFarmLayer, grow } from "./checkpointLayers.ts"
import { approvedTestAgent } from "./farmLayers.ts"
import type { RotationStep } from "./steppedRotation.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const script = fileURLToPath(new URL("rotateAndDie.ts", import.meta.url))

const endOf = (folder: string, step: RotationStep) =>
  Effect.callback<NodeJS.Signals | number | null>((resume) => {
    const args = ["--conditions=@farmops/source", script, folder, step]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] })
    child.on("close", (code, signal) => resume(Effect.succeed(signal ?? code)))
  })

const keyIn = (folder: string, name: string): string => JSON.parse(readFileSync(join(folder, name), "utf8")).public_key

/** Starts the farm, lets it sign one of everything, and answers with the key that it did it with and how often it was rotated. */
const startAndSign = (folder: string) =>
  Effect.gen(function* () {
    yield* grow(yield* approvedTestAgent, 2)
    yield* (yield* Checkpointer).checkpoint
    expect((yield* auditNow()).first).toEqual([])
    const { public_key, rotations } = yield* (yield* FarmKeys).list
    assert.strictEqual((yield* (yield* TrackerKey).inForce).publicKey, public_key)
    return { key: public_key, rotations: rotations.length }
  }).pipe(Effect.provide(fileFarmLayer(folder)))

/** Where the tracker dies, whether its ledger names the new key by then, and what lies beside the present key. */
const deaths: ReadonlyArray<readonly [RotationStep, boolean, ReadonlyArray<string>]> = [
  ["before link", false, ["unfinished"]],
  ["after link", false, ["unfinished", "tracker.key.next"]],
  ["before rename", true, ["tracker.key.next"]],
  ["after rename", true, []]
]

describe("a tracker that is killed while it rotates its key", () => {
  it.live.each(deaths)("starts with the key that its ledger names: %s", ([step, isNamed, left]) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { key: old } = yield* startAndSign(folder)
      assert.strictEqual(yield* endOf(folder, step), "SIGKILL")
      const beside = readdirSync(folder).filter((name) => name.startsWith("tracker.key."))
      assert.sameMembers(
        beside.map((name) => (name.endsWith(".new") ? "unfinished" : name)),
        [...left]
      )
      const prepared = left.includes("tracker.key.next")
        ? keyIn(folder, "tracker.key.next")
        : keyIn(folder, "tracker.key")

      const { key, rotations } = yield* startAndSign(folder)
      assert.deepStrictEqual([key, rotations], isNamed ? [prepared, 1] : [old, 0])
      // Its file is in its place, and the secret half of the key before it is nowhere.
      assert.strictEqual(keyIn(folder, "tracker.key"), key)
      const files = readdirSync(folder).filter((name) => name.startsWith("tracker.key"))
      assert.isFalse(files.some((name) => name.endsWith(".new")))
      for (const name of files) if (isNamed) assert.notStrictEqual(keyIn(folder, name), old)

      // And the owner's wish can be said again.
      const again = yield* Effect.provide(
        Effect.flatMap(FarmKeys, ({ rotate }) => rotate),
        fileFarmLayer(folder)
      )
      assert.notInclude([key, old], again.public_key)
      assert.deepStrictEqual(yield* startAndSign(folder), { key: again.public_key, rotations: rotations + 1 })
      assert.deepStrictEqual(
        readdirSync(folder).filter((name) => name.startsWith("tracker.key")),
        ["tracker.key"]
      )
    }).pipe(Effect.scoped)
  )
})
