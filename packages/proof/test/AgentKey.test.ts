import { inspect } from "node:util"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { AgentKey } from "../src/AgentKey.ts"
import { Ed25519 } from "../src/Ed25519.ts"
import * as Ed25519Noble from "../src/Ed25519Noble.ts"
import * as Ed25519Node from "../src/Ed25519Node.ts"
import { fingerprintOf } from "../src/fingerprint.ts"
import { loadSigningKey, makeSigningKey } from "../src/SigningKey.ts"
import { bytesOf } from "./vectors.ts"

const platform = Layer.mergeAll(NodeFileSystem.layer, Ed25519Node.layer)

const inDirectory = <A, E>(
  run: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem | Ed25519>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* run(yield* fs.makeTempDirectoryScoped(), fs)
  }).pipe(Effect.scoped, Effect.provide(platform))

const agentKey = (directory: string) => Effect.provide(AgentKey, Layer.fresh(AgentKey.layerFile(directory)))
const modeOf = (info: FileSystem.File.Info) => info.mode & 0o777

describe("AgentKey", () => {
  it.effect("is made on first boot with mode 0600 in a directory of mode 0700, and is the same afterwards", () =>
    inDirectory((temporary, fs) =>
      Effect.gen(function* () {
        const directory = `${temporary}/new/agent`
        const first = yield* agentKey(directory)
        const again = yield* agentKey(directory)
        assert.strictEqual(again.publicKey, first.publicKey)
        assert.strictEqual(again.agentId, first.agentId)
        assert.match(first.agentId, /^[0-9a-f-]{36}$/)
        assert.strictEqual(modeOf(yield* fs.stat(`${directory}/agent.key`)), 0o600)
        assert.strictEqual(modeOf(yield* fs.stat(directory)), 0o700)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["agent.key"])
      })
    )
  )

  it.effect("is one key when many programs boot at once", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const keys = yield* Effect.all(
          Array.from({ length: 12 }, () => agentKey(directory)),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(keys.map((key) => `${key.publicKey} ${key.agentId}`)).size, 1)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["agent.key"])
      })
    )
  )

  it.effect("is the key of whoever was first, when another boot finishes in the middle of ours", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        let other: string | null = null
        // Just before our new file is written, another program does all of its first boot.
        const overtaken: FileSystem.FileSystem = {
          ...fs,
          open: (path, options) =>
            Effect.gen(function* () {
              if (options?.flag === "wx") other = (yield* Effect.orDie(agentKey(directory))).publicKey
              return yield* fs.open(path, options)
            }).pipe(Effect.provide(platform))
        }
        const ours = yield* Effect.provideService(agentKey(directory), FileSystem.FileSystem, overtaken)
        assert.isNotNull(other)
        assert.strictEqual(ours.publicKey, other)
        assert.strictEqual((yield* agentKey(directory)).publicKey, other)
      })
    )
  )

  it.effect.each([0o640, 0o604, 0o660, 0o777])("refuses a file that others may read: mode %o", (mode) =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        yield* agentKey(directory)
        const path = `${directory}/agent.key`
        yield* fs.chmod(path, mode)
        const error = yield* Effect.flip(agentKey(directory))
        assert.strictEqual(error._tag, "KeyFileUnreadable")
        assert.strictEqual(error.reason, "permissions")
        assert.include(error.message, `chmod 600 ${path}`)
        assert.strictEqual(modeOf(yield* fs.stat(path)), mode, "the file is refused, not repaired")
      })
    )
  )

  it.effect("takes a file that is narrower than 0600, as a mounted secret is", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const made = yield* agentKey(directory)
        yield* fs.chmod(`${directory}/agent.key`, 0o400)
        assert.strictEqual((yield* agentKey(directory)).publicKey, made.publicKey)
      })
    )
  )

  it.effect("refuses garbage in one line that repeats none of it, and leaves the file alone", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        yield* agentKey(directory)
        const path = `${directory}/agent.key`
        const good = yield* fs.readFileString(path)
        const seed: string = JSON.parse(good).seed
        const flipped = seed.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))
        const damaged = [
          "",
          "hello",
          "{}",
          good.slice(0, -20),
          good.replace("farmops/key/1", "farmops/key/9"),
          good.replace(seed, flipped),
          good.replace(seed, seed.toUpperCase().replace(/[0-9]/g, "A")),
          good.replace(/"agent_id":"[^"]*",/, ""),
          " ".repeat(5000) + good
        ]
        for (const contents of damaged) {
          yield* fs.writeFileString(path, contents, { mode: 0o600 })
          const error = yield* Effect.flip(agentKey(directory))
          assert.strictEqual(error.reason, "contents")
          assert.notMatch(error.message, /\n/)
          assert.notInclude(`${inspect(error)} ${JSON.stringify(error)}`, seed)
          assert.strictEqual(yield* fs.readFileString(path), contents)
        }
        yield* fs.writeFileString(path, good)
        yield* agentKey(directory)
      })
    )
  )

  it.effect("says which place it cannot use", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        yield* fs.makeDirectory(`${directory}/agent.key`, { mode: 0o700 })
        assert.strictEqual((yield* Effect.flip(agentKey(directory))).path, `${directory}/agent.key`)
        yield* fs.writeFileString(`${directory}/file`, "")
        const error = yield* Effect.flip(agentKey(`${directory}/file/inside`))
        assert.strictEqual(error.reason, "unavailable")
        const missing = yield* Effect.flip(loadSigningKey(`${directory}/missing/tracker.key`))
        assert.strictEqual(missing.reason, "unavailable")
      })
    )
  )

  it.effect("in memory is another agent each time", () =>
    Effect.gen(function* () {
      const one = yield* Effect.provide(AgentKey, Layer.fresh(AgentKey.layerMemory))
      const other = yield* Effect.provide(AgentKey, Layer.fresh(AgentKey.layerMemory))
      assert.notStrictEqual(one.publicKey, other.publicKey)
      assert.notStrictEqual(one.agentId, other.agentId)
    }).pipe(Effect.provide(Ed25519Node.layer))
  )
})

describe("AgentKey rotation", () => {
  it.effect("keeps the next key on disk, private, until it is adopted, and is that key from then on", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const key = yield* agentKey(directory)
        const { agentId, publicKey } = key
        assert.isNull(yield* key.next)
        const left = yield* key.prepareNext
        const prepared = yield* key.prepareNext
        assert.notStrictEqual(prepared.publicKey, left.publicKey)
        assert.notStrictEqual(prepared.publicKey, publicKey)
        assert.strictEqual(key.publicKey, publicKey)
        assert.strictEqual(modeOf(yield* fs.stat(`${directory}/agent.key.next`)), 0o600)
        // A restart in between still knows both.
        const restarted = yield* agentKey(directory)
        assert.strictEqual(restarted.publicKey, publicKey)
        assert.strictEqual((yield* restarted.next)?.publicKey, prepared.publicKey)
        yield* key.adoptNext
        assert.strictEqual(key.publicKey, prepared.publicKey)
        assert.strictEqual(key.fingerprint, prepared.fingerprint)
        assert.strictEqual(key.sign(new Uint8Array(1)), prepared.sign(new Uint8Array(1)))
        assert.strictEqual(key.agentId, agentId)
        const after = yield* agentKey(directory)
        assert.strictEqual(after.publicKey, prepared.publicKey)
        assert.strictEqual(after.agentId, agentId)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["agent.key"])
      })
    )
  )

  it.effect("changes nothing when there is no next key to adopt", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const key = yield* agentKey(directory)
        const { publicKey } = key
        yield* key.adoptNext
        assert.strictEqual(key.publicKey, publicKey)
      })
    )
  )

  it.effect("refuses a next key that others may read, or that is another agent's", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const key = yield* agentKey(directory)
        yield* key.prepareNext
        yield* fs.chmod(`${directory}/agent.key.next`, 0o644)
        for (const use of [key.next, key.adoptNext]) {
          assert.deepInclude(yield* Effect.flip(use), { _tag: "KeyFileUnreadable", reason: "permissions" })
        }
        yield* agentKey(`${directory}/other`)
        yield* fs.rename(`${directory}/other/agent.key`, `${directory}/agent.key.next`)
        assert.deepInclude(yield* Effect.flip(key.next), { _tag: "KeyFileUnreadable", reason: "contents" })
        // Whoever left it there does not choose the key.
        const planted = yield* fs.readFileString(`${directory}/agent.key.next`)
        assert.notInclude(planted, (yield* key.prepareNext).publicKey)
      })
    )
  )
})

describe("SigningKey", () => {
  it.effect("never shows its seed: not when printed, not as JSON, not in a fiber's log", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const key = yield* loadSigningKey(`${directory}/tracker.key`)
        const seed: string = JSON.parse(yield* fs.readFileString(`${directory}/tracker.key`)).seed
        const shown = `${inspect(key, { depth: 9, showHidden: true })} ${JSON.stringify(key)} ${String(key)}`
        assert.notInclude(shown, seed)
        assert.notInclude(shown, [...bytesOf(seed)].join(","))
        assert.deepStrictEqual(Object.keys(key).sort(), ["fingerprint", "publicKey", "sign"])
      })
    )
  )

  it.effect("reads on one Ed25519 layer what it wrote with the other, and signs the same bytes", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/tracker.key`
        const node = yield* loadSigningKey(path)
        const noble = yield* Effect.provide(loadSigningKey(path), Ed25519Noble.layer)
        const message = new TextEncoder().encode("statement")
        assert.strictEqual(noble.publicKey, node.publicKey)
        assert.strictEqual(noble.sign(message), node.sign(message))
        const { verify } = yield* Ed25519
        assert.isTrue(verify(bytesOf(node.sign(message)), message, bytesOf(node.publicKey)))
      })
    )
  )

  it.effect("has a fingerprint that anybody can compute from the public key", () =>
    Effect.gen(function* () {
      const key = yield* makeSigningKey
      assert.strictEqual(fingerprintOf(key.publicKey), key.fingerprint)
      assert.match(key.fingerprint, /^([0-9a-f]{4}-){7}[0-9a-f]{4}$/)
      assert.isNull(fingerprintOf("not hex"))
    }).pipe(Effect.provide(Ed25519Node.layer))
  )
})
