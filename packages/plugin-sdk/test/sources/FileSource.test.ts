import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { FileEvent } from "../../src/contract/LocalEvent.ts"
import type { FileOptions } from "../../src/sources/file/FileOptions.ts"
import { makeFileSource } from "../../src/sources/file/FileSource.ts"
import { makeSourceMemoryInRam } from "../../src/sources/SourceMemory.ts"
import { dataOf, makeMemorySink, untilState, watch } from "./sinkFixture.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** Watches a folder; the system tells of changes, so that a look each hour is enough. */
const watching = Effect.fnUntraced(function* (changes: Partial<FileOptions> = {}) {
  const base = yield* temporaryFolder
  const folder = join(base, "watched")
  const memory = yield* makeSourceMemoryInRam
  const sink = yield* makeMemorySink()
  const source = yield* makeFileSource(
    { name: "barn", source_type: "barn", actor: "ops", folder, content: true, every_seconds: 3_600, ...changes },
    memory
  )
  return {
    base,
    folder,
    sink,
    source,
    at: (name: string) => join(folder, name),
    write: (name: string, text: string) => writeFileSync(join(folder, name), text),
    /** As careful programs do. */
    replace: (name: string, text: string) => {
      writeFileSync(join(base, "new"), text)
      renameSync(join(base, "new"), join(folder, name))
    },
    events: () =>
      sink.taken.map((one) => {
        const { change, content, path } = dataOf(one) as FileEvent
        return `${change} ${path.slice(folder.length + 1)} ${content}`
      })
  }
})

describe("a watched folder", () => {
  it.live("is told of files that come, are replaced and go, and not of those that were there", () =>
    Effect.gen(function* () {
      const { events, folder, replace, sink, source, at } = yield* watching()
      mkdirSync(folder)
      replace("old", "1")
      yield* watch(source, sink)
      replace("new", "1")
      yield* sink.reached(1)
      replace("old", "2")
      yield* sink.reached(2)
      rmSync(at("new"))
      yield* sink.reached(3)
      replace("new", "1")
      yield* sink.reached(4)
      expect(events()).toEqual(["created new 1", "changed old 2", "removed new null", "created new 1"])
      const subjects = sink.taken.map(({ subject }) => subject)
      expect([subjects[2], subjects[3]]).toEqual([subjects[0], subjects[0]])
      expect(subjects[1]).not.toBe(subjects[0])
    })
  )

  it.live("is told of a log that is rotated and of one that grows", () =>
    Effect.gen(function* () {
      const { at, events, folder, replace, sink, source, write } = yield* watching({ names: ["*.log"] })
      mkdirSync(folder)
      write("a.log", "1")
      yield* watch(source, sink)
      writeFileSync(at("a.log"), "12", { flag: "r+" })
      yield* sink.reached(1)
      renameSync(at("a.log"), at("a.log.1"))
      yield* sink.reached(2)
      replace("a.log", "3")
      yield* sink.reached(3)
      expect(events().map((event) => event.split(" ")[0])).toEqual(["changed", "removed", "created"])
      expect(events().at(-1)).toBe("created a.log 3")
    })
  )

  it.live("may come later, go, and come back", () =>
    Effect.gen(function* () {
      const { base, events, folder, sink, source } = yield* watching({ every_seconds: 0.02 })
      // With its file in it from the first moment.
      const make = (text: string) => {
        mkdirSync(join(base, "made"))
        writeFileSync(join(base, "made", "a"), text)
        renameSync(join(base, "made"), folder)
      }
      yield* Effect.forkScoped(source.run(sink))
      yield* untilState(source, { phase: "degraded", code: "no_folder" })
      make("1")
      yield* untilState(source, { phase: "watching", code: null })
      yield* sink.reached(1)
      rmSync(folder, { recursive: true })
      yield* untilState(source, { phase: "degraded", code: "no_folder" })
      make("2")
      yield* sink.reached(2)
      // That the folder is gone tells nothing of its file.
      expect(events()).toEqual(["created a 1", "changed a 2"])
    })
  )

  it.live("is told what changed while nobody watched, and nothing twice", () =>
    Effect.gen(function* () {
      const { events, folder, replace, sink, source } = yield* watching()
      mkdirSync(folder)
      replace("a", "1")
      replace("b", "1")
      yield* Fiber.interrupt(yield* watch(source, sink))
      replace("b", "2")
      replace("c", "1")
      yield* watch(source, sink)
      yield* sink.reached(2)
      expect(events()).toEqual(["changed b 2", "created c 1"])
      expect(sink.repeats()).toBe(0)
    })
  )

  it.live("is told nothing of a file that was only touched", () =>
    Effect.gen(function* () {
      const { at, events, folder, replace, sink, source } = yield* watching()
      mkdirSync(folder)
      replace("a", "1")
      yield* watch(source, sink)
      utimesSync(at("a"), new Date(), new Date(0))
      replace("b", "1")
      yield* sink.reached(1)
      utimesSync(at("a"), new Date(), new Date(1_000))
      replace("b", "2")
      yield* sink.reached(2)
      expect(events()).toEqual(["created b 1", "changed b 2"])
    })
  )

  it.live("shows what links lead to in it, as in a mounted ConfigMap, and nothing outside", () =>
    Effect.gen(function* () {
      const { at, base, events, replace, sink, source } = yield* watching()
      mkdirSync(at("..1"), { recursive: true })
      mkdirSync(at("..2"))
      writeFileSync(join(at("..1"), "key"), "1")
      writeFileSync(join(at("..2"), "key"), "2")
      symlinkSync("..1", at("..data"))
      symlinkSync("..data/key", at("key"))
      writeFileSync(join(base, "secret"), "secret")
      yield* watch(source, sink)
      symlinkSync("../secret", at("relative"))
      symlinkSync(join(base, "secret"), at("absolute"))
      symlinkSync("loop", at("loop"))
      symlinkSync("..2", at("..new"))
      renameSync(at("..new"), at("..data"))
      yield* sink.reached(1)
      expect(events()).toEqual(["changed key 2"])
      replace("end", "1")
      yield* sink.reached(2)
      expect(events().at(-1)).toBe("created end 1")
    })
  )

  it.live("is told no content that nobody asked for, that is too long or no text", () =>
    Effect.gen(function* () {
      const plain = yield* watching({ content: false })
      mkdirSync(plain.folder)
      yield* watch(plain.source, plain.sink)
      plain.replace("a", "1")
      yield* plain.sink.reached(1)
      expect(dataOf(plain.sink.taken[0])).toEqual({
        kind: "file",
        path: plain.at("a"),
        change: "created",
        bytes: 1,
        content: null
      })
      const short = yield* watching({ content_bytes_max: 3 })
      mkdirSync(short.folder)
      yield* watch(short.source, short.sink)
      short.replace("a", "1234")
      yield* short.sink.reached(1)
      writeFileSync(join(short.base, "new"), Buffer.from([0xff]))
      renameSync(join(short.base, "new"), short.at("b"))
      yield* short.sink.reached(2)
      expect(short.events()).toEqual(["created a null", "created b null"])
    })
  )

  it.live("says when it has more files than it is for", () =>
    Effect.gen(function* () {
      const { folder, sink, source, write } = yield* watching()
      mkdirSync(folder)
      for (let index = 0; index <= 1_000; index++) write(`f${index}`, "")
      yield* Effect.forkScoped(source.run(sink))
      yield* untilState(source, { phase: "degraded", code: "too_many_files" })
    })
  )

  it.effect("is refused where it depends on where the agent was started", () =>
    Effect.gen(function* () {
      const options = { name: "barn", source_type: "barn", actor: "ops", folder: "barn" }
      const failed = yield* Effect.flip(makeFileSource(options, yield* makeSourceMemoryInRam))
      expect(failed.reason).toContain("absolute")
    })
  )
})
