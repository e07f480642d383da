import { spawnSync } from "node:child_process"
import { basename, dirname, relative } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, PlatformError } from "effect"
import type { Ed25519 } from "../src/Ed25519.ts"
import * as Ed25519Node from "../src/Ed25519Node.ts"
import { adoptNextKeyFile, loadAgentKeyFile, loadKeyFile, loadNextKeyFile } from "../src/KeyFile.ts"

const platform = Layer.mergeAll(NodeFileSystem.layer, Ed25519Node.layer)

const inDirectory = <A, E>(
  run: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem | Ed25519>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* run(yield* fs.makeTempDirectoryScoped(), fs)
  }).pipe(Effect.scoped, Effect.provide(platform))

/** The true file system; `steps` says in what order files were opened, synced, linked and renamed. */
const watched = (fs: FileSystem.FileSystem, steps: Array<string>): FileSystem.FileSystem => {
  const step = (text: string) => Effect.sync(() => void steps.push(text))
  const kind = (path: string) => (path.endsWith(".new") ? "temporary" : basename(path))
  return {
    ...fs,
    open: (path, options) =>
      Effect.map(Effect.andThen(step(`open ${kind(path)} ${options?.flag}`), fs.open(path, options)), (file) => ({
        ...file,
        stat: file.stat,
        readAlloc: (size, at) => file.readAlloc(size, at),
        writeAll: (bytes) => Effect.andThen(step(`write ${kind(path)}`), file.writeAll(bytes)),
        sync: Effect.andThen(step(`sync ${kind(path)}`), file.sync)
      })),
    link: (from, to) => Effect.andThen(step(`link ${kind(from)} to ${kind(to)}`), fs.link(from, to)),
    rename: (from, to) => Effect.andThen(step(`rename ${kind(from)} to ${kind(to)}`), fs.rename(from, to)),
    remove: (path, options) => Effect.andThen(step(`remove ${kind(path)}`), fs.remove(path, options))
  }
}

describe("a key file", () => {
  it.effect("has its bytes on disk before its name, and its name before anybody enrols the key", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const steps: Array<string> = []
        yield* Effect.provideService(loadKeyFile(`${directory}/tracker.key`), FileSystem.FileSystem, watched(fs, steps))
        assert.deepStrictEqual(steps, [
          "open temporary wx",
          "write temporary",
          "sync temporary",
          "link temporary to tracker.key",
          "remove temporary",
          `open ${basename(directory)} r`,
          `sync ${basename(directory)}`,
          "open tracker.key r"
        ])
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tracker.key"])
      })
    )
  )

  it.effect("is only read once it is there: its directory may be read-only", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${directory}/tracker.key`
        const made = yield* loadKeyFile(path)
        const steps: Array<string> = []
        const again = yield* Effect.provideService(loadKeyFile(path), FileSystem.FileSystem, watched(fs, steps))
        assert.deepStrictEqual(steps, ["open tracker.key r"])
        assert.deepStrictEqual(again.seed, made.seed)
      })
    )
  )

  it.effect("in the working directory syncs that directory", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const opened: Array<string> = []
        // A bare name is looked up here, as if the program had been started in this directory.
        const there = (path: string) => (path.includes("/") ? path : path === "." ? directory : `${directory}/${path}`)
        const here: FileSystem.FileSystem = {
          ...fs,
          open: (path, options) => {
            opened.push(path.replace(/\..*\.new$/, ".new"))
            return fs.open(there(path), options)
          },
          stat: (path) => fs.stat(there(path)),
          link: (from, to) => fs.link(there(from), there(to)),
          remove: (path, options) => fs.remove(there(path), options)
        }
        yield* Effect.provideService(loadKeyFile("tracker.key"), FileSystem.FileSystem, here)
        assert.deepStrictEqual(opened, ["tracker.new", ".", "tracker.key"])
      })
    )
  )

  it.effect("may have a relative path", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${relative(process.cwd(), directory)}/tracker.key`
        const steps: Array<string> = []
        yield* Effect.provideService(loadKeyFile(path), FileSystem.FileSystem, watched(fs, steps))
        assert.include(steps, `sync ${basename(dirname(path))}`)
        assert.isTrue(yield* fs.exists(`${directory}/tracker.key`))
      })
    )
  )

  it.effect("takes its place by one synced rename when it is adopted", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${directory}/agent.key`
        const { agentId } = yield* loadAgentKeyFile(path)
        yield* loadNextKeyFile(path, agentId, { make: true })
        const steps: Array<string> = []
        yield* Effect.provideService(adoptNextKeyFile(path), FileSystem.FileSystem, watched(fs, steps))
        assert.deepStrictEqual(steps, [
          "rename agent.key.next to agent.key",
          `open ${basename(directory)} r`,
          `sync ${basename(directory)}`
        ])
      })
    )
  )

  it.effect("hands its seed over under a label", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        assert.strictEqual(`${(yield* loadKeyFile(`${directory}/tracker.key`)).seed}`, "<redacted:seed>")
      })
    )
  )
})

describe("what a kill leaves of a key that was being made", () => {
  const id = "019400d5-8b0a-7c3e-9f21-0123456789ab"
  const loads = [
    ["with the key in its place", true],
    ["without a key", false]
  ] as const

  it.effect.each(loads)("is gone after the next start %s, and nothing else is", ([, isThere]) =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${directory}/agent.key`
        const before = isThere ? yield* loadAgentKeyFile(path) : null
        const unfinished = [`agent.key.${id}.new`, `agent.key.next.${id}.new`]
        const others = [`agent.keys.${id}.new`, `agent.key.${id}`, "agent.key.mine.new", `other.key.${id}.new`]
        for (const name of [...unfinished, ...others]) yield* fs.writeFileString(`${directory}/${name}`, "{")
        const { agentId } = yield* loadAgentKeyFile(path)
        if (before !== null) assert.strictEqual(agentId, before.agentId)
        assert.sameMembers([...(yield* fs.readDirectory(directory))], ["agent.key", ...others])
      })
    )
  )

  it.effect("is not the key that another program makes at the same time", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${directory}/agent.key`
        let robbed = 0
        // Another start takes the unfinished file for a leftover, and has no key to show for it.
        const link = (from: string, to: string) =>
          robbed++ === 0 ? Effect.andThen(fs.remove(from), fs.link(from, to)) : fs.link(from, to)
        const { agentId } = yield* Effect.provideService(loadAgentKeyFile(path), FileSystem.FileSystem, { ...fs, link })
        assert.strictEqual(agentId, (yield* loadAgentKeyFile(path)).agentId)
        assert.deepStrictEqual([robbed, yield* fs.readDirectory(directory)], [2, ["agent.key"]])
      })
    )
  )

  it.effect("stays in a folder that may only be read", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${directory}/agent.key`
        const { agentId } = yield* loadAgentKeyFile(path)
        yield* fs.writeFileString(`${path}.${id}.new`, "{")
        const remove = () =>
          Effect.fail(
            PlatformError.systemError({
              _tag: "PermissionDenied",
              module: "FileSystem",
              method: "remove",
              pathOrDescriptor: path
            })
          )
        const again = Effect.provideService(loadAgentKeyFile(path), FileSystem.FileSystem, { ...fs, remove })
        assert.strictEqual((yield* again).agentId, agentId)
      })
    )
  )
})

describe("a key file that cannot be used", () => {
  it.live("is no pipe, and nobody waits for whoever writes into it", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/tracker.key`
        assert.strictEqual(spawnSync("mkfifo", ["-m", "600", path]).status, 0)
        assert.deepInclude(yield* Effect.flip(loadKeyFile(path)), { reason: "contents", path })
      })
    )
  )

  it.effect("is no directory", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${directory}/tracker.key`
        yield* fs.makeDirectory(path, { mode: 0o700 })
        assert.deepInclude(yield* Effect.flip(loadKeyFile(path)), { reason: "contents", path })
      })
    )
  )

  it.effect("is said to be unreadable when its path leads through a file", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        yield* fs.writeFileString(`${directory}/file`, "")
        const path = `${directory}/file/tracker.key`
        const error = yield* Effect.flip(loadKeyFile(path))
        assert.deepInclude(error, { _tag: "KeyFileUnreadable", reason: "unavailable", path })
        assert.isTrue(error.message.startsWith(`cannot read ${path} (`))
      })
    )
  )

  it.effect("is said to be impossible to make when its directory is missing", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/missing/tracker.key`
        const error = yield* Effect.flip(loadKeyFile(path))
        assert.deepInclude(error, { reason: "unavailable", path })
        assert.strictEqual(error.message, `cannot create ${path} (NotFound)`)
      })
    )
  )

  it.effect("is not taken for another's when its place cannot be linked", () =>
    inDirectory((directory, fs) =>
      Effect.gen(function* () {
        const path = `${directory}/tracker.key`
        // As on a file system that has no hard links.
        const link = () =>
          Effect.fail(
            PlatformError.systemError({
              _tag: "PermissionDenied",
              module: "FileSystem",
              method: "link",
              pathOrDescriptor: path
            })
          )
        const error = yield* Effect.flip(
          Effect.provideService(loadKeyFile(path), FileSystem.FileSystem, { ...fs, link })
        )
        assert.strictEqual(error.message, `cannot create ${path} (PermissionDenied)`)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
      })
    )
  )

  it.effect("names what is missing when there is no next key to adopt", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const path = `${directory}/agent.key`
        const error = yield* Effect.flip(adoptNextKeyFile(path))
        assert.deepInclude(error, { reason: "unavailable", path: `${path}.next` })
        assert.strictEqual(error.message, `cannot rename ${path}.next (NotFound)`)
      })
    )
  )
})
