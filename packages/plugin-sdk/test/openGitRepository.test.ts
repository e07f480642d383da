import { execFileSync } from "node:child_process"
import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { GitEvent } from "../src/contract/GitEvent.ts"
import type { Observation } from "../src/contract/Observation.ts"
import { type GitOptions, type GitRepository, openGitRepository } from "../src/sources/GitRepository.ts"
import { ann, bob, dayMs, folder, noonMs, Repository, repository, robot } from "./repository.ts"

const decode = Schema.decodeUnknownSync(GitEvent)
const eventOf = ({ rawData }: Observation) => decode(JSON.parse(new TextDecoder().decode(rawData)))
const idOf = ({ observationId }: Observation) => observationId

// The clock of these tests stands still an hour after noon.
const atOne = TestClock.setTime(noonMs + 3_600_000)

const open = (path: string, options: Omit<GitOptions, "path"> = {}) => openGitRepository({ path, ...options })
const backlogOf = (repo: GitRepository) => Stream.runCollect(repo.backlog)
const look = (path: string, options: Omit<GitOptions, "path"> = {}) =>
  Effect.gen(function* () {
    const repo = yield* open(path, options)
    const seen = yield* backlogOf(repo)
    assert.strictEqual(seen.length, repo.backlogCount)
    return { repo, seen, events: seen.map(eventOf) }
  })

const tagOf = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

describe("a repository's backlog", () => {
  it.effect("has each commit, merge and tag once, the oldest first, with what it changed", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      const first = repo.commit(["src/a.ts", "docs/ü b.md"], ann, noonMs - 3 * dayMs)
      const merge = repo.merge("src/c.ts", bob, noonMs - 2 * dayMs)
      repo.git(["tag", "-a", "-m", "release", "v1"], ann, noonMs - dayMs)
      repo.git(["tag", "light"])
      const { events, repo: opened, seen } = yield* look(repo.path)

      assert.deepStrictEqual(
        events.map(({ kind }) => kind),
        ["commit", "commit", "merge", "tag", "tag"]
      )
      const [one, , merged, light, release] = events
      assert.deepInclude(one, { id: first, file_count: 2, lines_added: 2, lines_deleted: 0, reachable: true })
      assert.deepStrictEqual(one?.files, [
        { path: "docs/ü b.md", added: 1, deleted: 0 },
        { path: "src/a.ts", added: 1, deleted: 0 }
      ])
      assert.deepInclude(merged, { id: merge, file_count: 1, author: bob, bot: false })
      assert.deepInclude(release, { id: merge, author: ann })
      // A tag that is only a name has the commit's author.
      assert.deepInclude(light, { id: merge, author: bob })
      assert.strictEqual(new Set(seen.map(idOf)).size, 5)
      for (const { observationId } of seen) assert.match(observationId, /^[0-9a-f]{64}$/)
      assert.strictEqual(opened.info.commits, 3)
      assert.deepStrictEqual(
        seen.map(({ occurredAt }) => occurredAt.epochMilliseconds),
        [3, 2, 2, 2, 1].map((days) => noonMs - days * dayMs)
      )
    })
  )

  it.effect("gives an event the same id whenever and wherever it is seen, and another to every other", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      repo.commit(["a"])
      repo.commit(["a"])
      repo.git(["tag", "v1"])
      const here = yield* look(repo.path)
      const elsewhere = yield* folder
      execFileSync("git", ["clone", "--quiet", repo.path, join(elsewhere, "copy")])
      const there = yield* look(join(elsewhere, "copy"))
      assert.deepStrictEqual(here.seen.map(idOf), there.seen.map(idOf))
      assert.strictEqual(new Set(here.seen.map(idOf)).size, 3)
      for (const id of [...here.seen.map(idOf)]) assert.notInclude(here.events.map((event) => event.id).join(), id)
    })
  )

  it.effect("is the ninety days before the newest commit, however long ago that was", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      const newest = noonMs - 2000 * dayMs
      repo.commit(["a"], ann, newest - 91 * dayMs)
      const kept = [repo.commit(["b"], ann, newest - 89 * dayMs), repo.commit(["c"], ann, newest)]
      assert.deepStrictEqual(
        (yield* look(repo.path)).events.map(({ id }) => id),
        kept
      )
      assert.lengthOf((yield* look(repo.path, { windowDays: 10 })).events, 1)
    })
  )

  it.effect("does not let a clock that is ahead empty the window or date work into the future", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      repo.commit(["a"], ann, noonMs - dayMs)
      repo.commit(["b"], ann, noonMs + 5000 * dayMs)
      const { seen } = yield* look(repo.path)
      const now = yield* DateTime.now
      assert.deepStrictEqual(
        seen.map(({ occurredAt }) => occurredAt.epochMilliseconds),
        [noonMs - dayMs, now.epochMilliseconds]
      )
    })
  )

  it.effect("shows a farm even to a clock that stands at its beginning", () =>
    Effect.gen(function* () {
      const repo = yield* repository
      repo.commit(["a"], ann, dayMs)
      yield* atOne
      assert.lengthOf((yield* look(repo.path)).events, 1)
    })
  )
})

describe("whose work counts", () => {
  const team = Effect.gen(function* () {
    yield* atOne
    const repo = yield* repository
    repo.commit(["a"], ann)
    repo.commit(["a"], bob)
    repo.commit(["a"], robot)
    return repo
  })

  it.effect("is the repository's own user's, if they did any", () =>
    Effect.gen(function* () {
      const repo = yield* team
      repo.git(["config", "user.email", "Ann@Example.org"])
      const { events, repo: opened } = yield* look(repo.path)
      assert.strictEqual(opened.info.whose, "own")
      assert.deepStrictEqual(events[0]?.identities, ["ann@example.org"])
    })
  )

  it.effect("is everybody's, if the own user did nothing in the window", () =>
    Effect.gen(function* () {
      const repo = yield* team
      // A part of an address is another address.
      for (const email of ["nn@example.org", "eve@example.org", ".*"]) {
        repo.git(["config", "user.email", email])
        const { events, repo: opened } = yield* look(repo.path)
        assert.strictEqual(opened.info.whose, "all")
        assert.isNull(events[0]?.identities)
      }
    })
  )

  it.effect("is that of the identities that were named", () =>
    Effect.gen(function* () {
      const repo = yield* team
      const { events, repo: opened } = yield* look(repo.path, { identities: [" Bob@Example.org"] })
      assert.strictEqual(opened.info.whose, "named")
      assert.deepStrictEqual(events[0]?.identities, ["bob@example.org"])
    })
  )

  it.effect("tells machines from people, and takes its owner's word", () =>
    Effect.gen(function* () {
      const repo = yield* team
      const { seen } = yield* look(repo.path)
      assert.deepStrictEqual(
        seen.map(({ actor }) => [Redacted.value(actor.identifier), actor.type]),
        [
          [ann.email, "human"],
          [bob.email, "human"],
          [robot.email, "bot"]
        ]
      )
      const told = yield* look(repo.path, { bots: [ann.name] })
      assert.strictEqual(told.seen[0]?.actor.type, "bot")
    })
  )
})

describe("the default branch", () => {
  it.effect("is the one that the remote names, if it exists here, whatever is checked out", () =>
    Effect.gen(function* () {
      yield* atOne
      const origin = yield* repository
      const id = origin.commit(["a"])
      const place = yield* folder
      execFileSync("git", ["clone", "--quiet", origin.path, join(place, "copy")])
      const copy = new Repository(join(place, "copy"))
      copy.git(["switch", "--quiet", "-c", "topic"])
      copy.commit(["b"])
      assert.deepStrictEqual(
        (yield* look(copy.path)).events.map((event) => event.id),
        [id]
      )
      // Detached, with no local copy of it.
      copy.git(["checkout", "--quiet", "--detach"])
      copy.git(["branch", "--quiet", "-D", "main", "topic"])
      assert.deepStrictEqual(
        (yield* look(copy.path)).events.map((event) => event.id),
        [id]
      )
    })
  )

  it.effect("is the one that is checked out where there is no remote", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      repo.commit(["a"])
      repo.git(["switch", "--quiet", "-c", "topic"])
      repo.commit(["b"])
      assert.lengthOf((yield* look(repo.path)).events, 2)
      repo.git(["checkout", "--quiet", "--detach", "main"])
      assert.lengthOf((yield* look(repo.path)).events, 1)
    })
  )

  it.effect("does not have tags of other branches, and a tag counts anew once it is reached", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      repo.commit(["a"])
      repo.git(["switch", "--quiet", "-c", "topic"])
      repo.commit(["b"])
      repo.git(["tag", "stray"])
      repo.git(["switch", "--quiet", "main"])
      const before = yield* look(repo.path)
      assert.deepInclude(before.events.at(-1), { kind: "tag", reachable: false })
      repo.git(["merge", "--quiet", "topic"])
      const after = yield* look(repo.path)
      assert.deepInclude(after.events.at(-1), { kind: "tag", reachable: true })
      assert.notStrictEqual(after.seen.at(-1)?.observationId, before.seen.at(-1)?.observationId)
    })
  )

  it.effect("is found from a folder within, a linked work tree and a bare repository", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      repo.commit(["deep/er/a", "b"])
      const place = yield* folder
      repo.git(["worktree", "add", "--quiet", join(place, "tree")])
      execFileSync("git", ["clone", "--quiet", "--bare", repo.path, join(place, "bare.git")])
      for (const path of [join(repo.path, "deep/er"), join(place, "tree"), join(place, "bare.git")]) {
        const { events } = yield* look(path)
        assert.strictEqual(events[0]?.file_count, 2)
      }
    })
  )
})

describe("a repository that cannot be watched", () => {
  it.effect("is named for what it is", () =>
    Effect.gen(function* () {
      const place = yield* folder
      assert.strictEqual(yield* tagOf(open(place)), "NotARepository")
      assert.strictEqual(yield* tagOf(open(join(place, "missing"))), "NotARepository")
      writeFileSync(join(place, "file"), "")
      assert.strictEqual(yield* tagOf(open(join(place, "file"))), "NotARepository")
      const empty = yield* repository
      assert.strictEqual(yield* tagOf(open(empty.path)), "EmptyRepository")

      const origin = yield* repository
      origin.commit(["a"])
      origin.commit(["b"])
      origin.git(["config", "uploadpack.allowFilter", "true"])
      const url = `file://${origin.path}`
      execFileSync("git", ["clone", "--quiet", "--depth=1", url, join(place, "shallow")], { stdio: "ignore" })
      const shallow = yield* Effect.flip(open(join(place, "shallow")))
      assert.deepInclude({ ...shallow }, { _tag: "ShallowRepository", missing: "commits" })
      assert.match(shallow.message, /git fetch --unshallow/)
      execFileSync("git", ["clone", "--quiet", "--filter=blob:none", url, join(place, "partial")], { stdio: "ignore" })
      const partial = yield* Effect.flip(open(join(place, "partial")))
      assert.deepInclude({ ...partial }, { _tag: "ShallowRepository", missing: "contents" })
    })
  )

  it.effect("belongs to another user, and says how to trust it", (context) =>
    Effect.gen(function* () {
      const repo = yield* repository
      repo.commit(["a"])
      if (process.getuid?.() !== 0) return context.skip("only root can give a folder to another user")
      execFileSync("chown", ["-R", "65534", repo.path])
      const error = yield* Effect.flip(open(repo.path))
      assert.strictEqual(error._tag, "RepositoryNotTrusted")
      assert.include(error.message, `safe.directory '${repo.path}'`)
    })
  )
})

describe("git", () => {
  it.effect("runs nothing of the repository's, and answers the same whatever its configuration says", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      repo.git(["config", "user.email", ann.email])
      repo.commit(["src/a.ts"], { ...ann, name: "Änne" })
      repo.commit(["src/a.ts"])
      repo.git(["mv", "src/a.ts", "src/b.ts"])
      repo.commit([])
      repo.sign()
      const plain = yield* look(repo.path)
      assert.strictEqual(plain.repo.info.whose, "own")
      assert.strictEqual(plain.events[2]?.file_count, 2)
      const trap = join(repo.path, ".git", "trap")
      const spring = join(repo.path, ".git", "spring")
      writeFileSync(spring, `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 })
      writeFileSync(join(repo.path, ".mailmap"), "Eve <eve@example.org> <ann@example.org>\n")
      writeFileSync(join(repo.path, ".git", "info", "attributes"), "*.ts diff=trap\n")
      const hostile = {
        "core.fsmonitor": spring,
        "core.pager": spring,
        "diff.external": spring,
        "diff.trap.command": spring,
        "diff.trap.textconv": spring,
        "gpg.program": spring,
        "log.showSignature": "true",
        "log.showRoot": "false",
        "log.mailmap": "true",
        "log.follow": "true",
        "log.diffMerges": "off",
        "color.ui": "always",
        "core.quotePath": "true",
        "diff.relative": "true",
        "diff.renames": "copies",
        "diff.noprefix": "true",
        "i18n.logOutputEncoding": "ISO-8859-1",
        "format.pretty": "oneline"
      }
      for (const [key, value] of Object.entries(hostile)) repo.git(["config", key, value])
      const hostileLook = yield* look(join(repo.path, "src"))
      assert.deepStrictEqual(hostileLook.events, plain.events)
      assert.deepStrictEqual(hostileLook.repo.info, plain.repo.info)
      assert.throws(() => readFileSync(trap))
    })
  )
})

describe("following a repository that git cannot read", () => {
  it.effect("fails once retries are of no use, and goes on where it was when it is run again", () =>
    Effect.gen(function* () {
      yield* atOne
      const repo = yield* repository
      repo.commit(["a"])
      const opened = yield* open(repo.path)
      yield* backlogOf(opened)
      const missed = repo.commit(["b"])
      const objects = join(repo.path, ".git", "objects")
      renameSync(objects, `${objects}.away`)
      const failing = yield* Effect.forkChild(Effect.flip(Stream.runDrain(opened.follow)))
      // The clock of retries is the test's, git is real.
      while (failing.pollUnsafe() === undefined) {
        yield* TestClock.adjust("1 second")
        yield* Effect.promise(() => new Promise((done) => setTimeout(done, 5)))
      }
      assert.strictEqual((yield* Fiber.join(failing))._tag, "GitUnavailable")
      renameSync(`${objects}.away`, objects)
      const [found] = yield* opened.follow.pipe(Stream.take(1), Stream.runCollect)
      assert.strictEqual(found === undefined ? null : eventOf(found).id, missed)
    })
  )
})
