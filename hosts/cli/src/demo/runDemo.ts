/**
 * The demonstration: a harness as it is, from its file to its proofs, on a stand-in for GitHub that lives in this process. Ends by
 * itself, and leaves nothing but what is in its folder.
 */
import { join } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import {
  type DemoGitHub,
  type DemoIssue,
  HarnessSettings,
  harnessLayer,
  repositoriesOf,
  startDemoGitHub
} from "@farmops/harness/layer"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { ActionExecutor, type Undoing } from "@farmops/triage/ActionExecutor"
import { spellTime } from "@farmops/triage/poll/nextPoll"
import { PollStore } from "@farmops/triage/poll/PollStore"
import { HarnessChain } from "@farmops/triage/proofs/HarnessChain"
import { type VerifiedDecisions, verifyDecisions } from "@farmops/triage/proofs/verifyDecisions"
import { Clock, Effect, FileSystem, Redacted, Runtime, Schema } from "effect"
import { demoConfig, demoSeed, newIssues, oldIssue, oldIssueDays } from "./demoIssues.ts"
import { batchesOf, findTriaged, type TriagedIssue } from "./findTriaged.ts"

/** A part of the harness did not come to its end in time: the machine is busy, or something is wrong. */
export class DemoStuck extends Schema.TaggedError<DemoStuck>()("DemoStuck", { waitingFor: Schema.String }) {
  override get message() {
    return `the demonstration waited too long for ${this.waitingFor}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.unavailable
}

/** Told as it goes. */
export interface DemoProgress {
  /** The stand-in listens and the harness follows its repository. */
  readonly began: (repository: string, url: string) => Effect.Effect<void>
  readonly opened: (issues: ReadonlyArray<DemoIssue>) => Effect.Effect<void>
  readonly triaged: (issue: TriagedIssue) => Effect.Effect<void>
}

/** What came of it. */
export interface DemoReport {
  readonly repository: string
  readonly issues: ReadonlyArray<TriagedIssue>
  readonly verified: VerifiedDecisions
  readonly undoing: Undoing
  /** How the issues stand after the undoing. */
  readonly after: ReadonlyArray<DemoIssue>
}

/** All of it takes a few seconds; a busy machine may take ten times as long for each part. */
const partMsMax = 60_000

const lookEveryMs = 50

// The stand-in bears more than GitHub does.
const pace = { writePauseMs: 20, sweepEveryMs: 500 }

const dayMs = 86_400_000

/** Looks until there is something to see. */
const waitFor = <A, E, R>(what: string, look: Effect.Effect<A | null, E, R>) =>
  Effect.gen(function* () {
    for (;;) {
      const found = yield* look
      if (found !== null) return found
      yield* Effect.sleep(lookEveryMs)
    }
  }).pipe(Effect.timeoutOrElse({ duration: partMsMax, orElse: () => Effect.fail(new DemoStuck({ waitingFor: what })) }))

/** What is of the harness's first second counts as there before it. */
const secondAfterStart = Effect.fnUntraced(function* (repository: string) {
  const store = yield* PollStore
  const cursor = yield* waitFor("the first look at the repository", store.cursor(repository))
  const later = Effect.map(Clock.currentTimeMillis, (now) => (spellTime(now) > cursor.start ? true : null))
  yield* waitFor("the next second", later)
})

const chainReady = Effect.gen(function* () {
  const chain = yield* HarnessChain
  return yield* waitFor(
    "the chain of proofs",
    Effect.map(chain.standing, (standing) => (standing.state === "ready" ? standing : null))
  )
})

const triage = Effect.fnUntraced(function* ({ repository, url }: DemoGitHub, name: string, progress: DemoProgress) {
  yield* progress.began(name, url)
  yield* secondAfterStart(name)
  const before = repository.all()
  const opened = newIssues.map(repository.open)
  yield* progress.opened(opened)
  const issues: Array<TriagedIssue> = []
  for (const { number } of [...opened, ...before]) {
    const look = Effect.suspend(() => findTriaged(name, repository.find(number)))
    const issue = yield* waitFor(`issue ${number}`, look)
    issues.push(issue)
    yield* progress.triaged(issue)
  }
  return issues
})

const lookBack = Effect.fnUntraced(function* ({ repository }: DemoGitHub, name: string) {
  const { publicKey } = yield* chainReady
  const verified = yield* Effect.provide(verifyDecisions(publicKey), ProofLogSql.layer)
  const executor = yield* ActionExecutor
  // A demonstration around midnight has two.
  const undoings = yield* Effect.forEach(yield* batchesOf(name), executor.undo)
  const undoing: Undoing = {
    undone: undoings.reduce((sum, { undone }) => sum + undone, 0),
    left: undoings.flatMap(({ left }) => left)
  }
  return { verified, undoing, after: repository.all() }
})

const writeFile = Effect.fnUntraced(function* (folder: string, url: string) {
  const fs = yield* FileSystem.FileSystem
  const path = join(folder, "config.yaml")
  yield* fs.writeFileString(path, demoConfig(url).replace("MEMORY", JSON.stringify(join(folder, "memory.db"))))
  return path
})

/** Runs it in a folder that is there, and that is the caller's to remove. */
export const runDemo = Effect.fn("runDemo")(function* (folder: string, progress: DemoProgress) {
  const github = yield* startDemoGitHub(demoSeed)
  const nowMs = yield* Clock.currentTimeMillis
  github.repository.open({ ...oldIssue, at: spellTime(nowMs - oldIssueDays * dayMs) })
  const path = yield* writeFile(folder, github.url)
  const env = { GITHUB_TOKEN: Redacted.value(github.token) }
  const file = yield* Effect.provide(HarnessSettings, HarnessSettings.layer(path, env))
  const name = repositoriesOf(file)[0] ?? ""
  return yield* Effect.gen(function* () {
    const issues = yield* triage(github, name, progress)
    const report: DemoReport = { repository: name, issues, ...(yield* lookBack(github, name)) }
    return report
  }).pipe(Effect.provide(harnessLayer(file, { host: "127.0.0.1", port: 0, engineSocket: null, pace })))
}, Effect.scoped)
