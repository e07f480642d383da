/** The token of the harness's account goes to GitHub and nowhere else: into no error, log line, span, nor the database. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ActionExecutor } from "@farmops/triage/ActionExecutor"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { Cause, Effect, Exit, FileSystem, Logger, References, Tracer } from "effect"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import type { Fault } from "../parts/github/faults.ts"
import { botToken, githubPart, repository } from "../parts/github/GitHubPart.ts"
import { decide, harnessLayers } from "../parts/github/harnessLayers.ts"
import { storyActions } from "../parts/github/story.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

const task = "0b0b8a86-4f0a-4f4e-8a53-1d2a4c1c8a11"

const faults: ReadonlyArray<Fault> = [
  { kind: "reset_before" },
  { kind: "reset_after" },
  { kind: "cut_after" },
  { kind: "silent_after" },
  { kind: "bad_gateway_after" },
  { kind: "moved" },
  // A server that says the token back to us.
  { kind: "answer", status: 422, body: { message: `no access for ${botToken}` } },
  { kind: "answer", status: 401, body: { message: "Bad credentials" } }
]

/** All that could be said, in every spelling that something prints it in. */
const spelled = (value: unknown): string => {
  const seen = new WeakSet<object>()
  const json = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return String(inner)
    if (typeof inner !== "object" || inner === null) return inner
    if (seen.has(inner)) return "again"
    seen.add(inner)
    return inner instanceof Error ? { ...inner, message: inner.message, stack: inner.stack, cause: inner.cause } : inner
  })
  return `${String(value)} ${json}`
}

describe.skipIf(!isInstalled)("the token", () => {
  it.live("is found in no error, log line, span or database, whatever goes wrong", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "farmops-token-" })
      const github = yield* githubPart
      const said: Array<string> = []
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const listen = Logger.layer([
        Logger.make((options) =>
          said.push(Logger.formatLogFmt.log(options), Logger.formatJson.log(options), spelled(options.message))
        )
      ])
      const act = Effect.gen(function* () {
        const reads = yield* GitHubReads
        const executor = yield* ActionExecutor
        for (const fault of faults) {
          github.proxy.inject(fault, "GET", /./)
          const exit = yield* Effect.exit(reads.listLabels(repository))
          yield* Effect.logError("a read", exit)
          if (Exit.isFailure(exit)) said.push(Cause.pretty(exit.cause), spelled(exit.cause))
        }
        const issue = yield* Effect.promise(() => github.stranger.openIssue("It crashes"))
        yield* decide(task, issue, [...storyActions, ...storyActions])
        for (const fault of faults) {
          github.proxy.inject(fault, "POST", /./)
          yield* Effect.sleep(60)
          yield* Effect.logError("a task", yield* Effect.exit(executor.execute(task)))
        }
        yield* Effect.logError("undo", yield* Effect.exit(executor.undo("batch-1")))
      })
      yield* act.pipe(
        Effect.provide(harnessLayers(github.url, join(folder, "harness.db"), { timeoutMs: 300 })),
        Effect.provide(listen),
        Effect.provideService(References.MinimumLogLevel, "All"),
        Effect.withTracer(tracer)
      )
      const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"))
      const traced = spans.map((span) =>
        spelled({ name: span.name, status: span.status, attributes: [...span.attributes] })
      )
      // What was looked at is there: an empty list would hold no token either.
      assert.isAbove(said.length, 20)
      assert.isAbove(spans.length, 20)
      assert.isTrue(kept.some((bytes) => bytes.includes("it names a crash")))
      assert.isTrue(
        github.proxy.exchanges.every(({ requestHeaders }) => requestHeaders.authorization?.includes(botToken))
      )
      const spellings = [botToken, Buffer.from(botToken).toString("base64").slice(0, 30), encodeURIComponent(botToken)]
      for (const [what, texts] of Object.entries({ said, traced, kept }))
        for (const text of texts)
          for (const spelling of spellings) assert.isFalse(text.includes(spelling), `${what}: ${text.slice(0, 300)}`)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
