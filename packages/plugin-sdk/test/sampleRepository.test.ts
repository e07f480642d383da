import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Effect, Fiber, Stream } from "effect"
import { openGitRepository } from "../src/sources/GitRepository.ts"
import { makeSampleRepository } from "../src/sources/sampleRepository.ts"
import { eventOf, repositoryAt, temporaryFolder } from "./gitFixture.ts"

const make = (folder: string) => Effect.provide(makeSampleRepository(folder), NodeServices.layer)

describe("the sample repository", () => {
  it.live("is a month of a small team's work, dated until an hour ago", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = yield* make(folder)
      assert.strictEqual(path, join(folder, "sample-repository"))
      const repository = yield* openGitRepository({ path })
      const observations = yield* Stream.runCollect(repository.backlog)
      const events = observations.map(eventOf)
      const countOf = (kind: string) => events.filter((event) => event.kind === kind).length
      assert.deepStrictEqual([countOf("commit"), countOf("merge"), countOf("tag")], [24, 1, 2])
      assert.strictEqual(repository.info.commits, 25)
      assert.strictEqual(new Set(events.map(({ author }) => author.email)).size, 2)
      assert.isTrue(
        events.every(({ bot, kind, reachable, file_count }) => !bot && reachable && (kind === "tag" || file_count > 0))
      )
      const now = yield* Clock.currentTimeMillis
      const days = observations.map(({ occurredAt }) => (now - occurredAt.epochMilliseconds) / 86_400_000)
      assert.isTrue(days.every((ago) => ago > 1 / 25 && ago < 31))
      assert.isAbove(new Set(days.map(Math.floor)).size, 15)
      // Every address is one that cannot exist, so nobody is shown as having done it.
      assert.isTrue(events.every(({ author }) => author.email.endsWith(".invalid")))
    })
  )

  it.live("is made once", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { head, path } = repositoryAt(yield* make(folder))
      const made = head()
      assert.strictEqual(yield* make(folder), path)
      assert.strictEqual(head(), made)
      assert.deepStrictEqual(readdirSync(folder), ["sample-repository"])
      assert.strictEqual(statSync(path).mode & 0o777, 0o700)
    })
  )

  it.live("appears whole, also after an attempt that was cut short", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const target = join(folder, "sample-repository")
      const draft = join(folder, "sample-repository.new")
      const first = yield* Effect.forkChild(make(folder))
      yield* Effect.sleep("5 millis").pipe(
        Effect.repeat({ until: () => existsSync(join(draft, ".git", "refs", "heads", "main")) })
      )
      assert.isFalse(existsSync(target))
      yield* Fiber.interrupt(first)
      assert.isTrue(existsSync(draft))
      assert.isFalse(existsSync(target))
      yield* make(folder)
      assert.strictEqual(repositoryAt(target).git(["rev-list", "--count", "HEAD"]), "25")
      assert.isFalse(existsSync(draft))
    })
  )

  it.live("is made whatever the user's configuration of git says", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const hooks = join(home, "hooks")
      mkdirSync(hooks)
      writeFileSync(join(hooks, "pre-commit"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
      writeFileSync(
        join(home, ".gitconfig"),
        `[core]\nhooksPath = ${hooks}\n[init]\ndefaultBranch = x\n[commit]\ngpgSign = true\n[tag]\ngpgSign = true\n`
      )
      const environment = ConfigProvider.layer(ConfigProvider.fromUnknown({ HOME: home, PATH: process.env.PATH }))
      const path = yield* Effect.provide(make(join(home, "farm")), environment)
      assert.strictEqual(repositoryAt(path).git(["symbolic-ref", "--short", "HEAD"]), "main")
      assert.strictEqual(repositoryAt(path).git(["status", "--porcelain"]), "")
    })
  )
})
