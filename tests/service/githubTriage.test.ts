/** From a poll to a labelled and answered issue, on a stateful GitHub: poller, queue, keyword mind, policy, log and executor as they are. */
import { assert, describe, it } from "@effect/vitest"
import { ActionExecutor } from "@farmops/triage/ActionExecutor"
import { ActionLog } from "@farmops/triage/ActionLog"
import { MemorySummaries } from "@farmops/triage/memory/MemorySummaries"
import { keywordMind } from "@farmops/triage/minds/keywordMind"
import { PollStore } from "@farmops/triage/poll/PollStore"
import { RepositoryPoller } from "@farmops/triage/poll/RepositoryPoller"
import { capsDefault, capsOfHarnessDefault, type TriageRules } from "@farmops/triage/TriageRules"
import { IssueFacts } from "@farmops/triage/work/IssueFacts"
import { TaskQueue } from "@farmops/triage/work/TaskQueue"
import { AgentUnavailable } from "@farmops/triage/work/TriageAgent"
import { TriageDispatch } from "@farmops/triage/work/TriageDispatch"
import { DecisionProver, TriageRoutes, WordGuard } from "@farmops/triage/work/triagePorts"
import { Effect, Layer, type Scope } from "effect"
import { installHint, isInstalled } from "../parts/github/emulator.ts"
import { botLogin, type GitHubPart, githubPart, repository } from "../parts/github/GitHubPart.ts"
import { harnessLayers } from "../parts/github/harnessLayers.ts"

if (!isInstalled) console.warn(`skipped: the emulator of GitHub, which \`${installHint}\` installs`)

const rules: TriageRules = {
  repo: repository,
  botUser: botLogin,
  modes: { add_label: "live", remove_label: "live", comment: "live", close: "off" },
  dryRun: false,
  labels: { bug: ["crash", "crashes"], question: ["how to"] },
  allowClose: false,
  allowMaintainerIssues: false,
  allowRepeatComments: false,
  exemptLabels: [],
  staleExemptLabels: [],
  staleDays: null,
  closeDelayDays: 3,
  actOnBacklog: false,
  escalateLabel: null,
  linkHosts: [],
  actionsPerIssue: 12,
  caps: capsDefault,
  capsOfHarness: capsOfHarnessDefault
}

const agent = {
  name: "keyword",
  ask: (task: Parameters<typeof keywordMind.decide>[0]) =>
    Effect.mapError(keywordMind.decide(task), ({ reason }) => new AgentUnavailable({ agent: "keyword", reason }))
}

// Proofs and words have tests of their own; here they let everything through.
const surroundings = Layer.mergeAll(
  Layer.succeed(TriageRoutes, new Map([[repository, { rules, agent, llm: { provider: "none", model: "none" } }]])),
  Layer.succeed(WordGuard, { isSuspicious: () => false, posted: (body) => body }),
  Layer.succeed(DecisionProver, { prove: () => Effect.void })
)

const harness = (url: string) =>
  TriageDispatch.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(IssueFacts.layer, TaskQueue.layer, MemorySummaries.layer, RepositoryPoller.layer).pipe(
        Layer.provideMerge(PollStore.layer)
      )
    ),
    Layer.provide(surroundings),
    Layer.provideMerge(harnessLayers(url, ":memory:"))
  )

type Harness = ActionExecutor | ActionLog | RepositoryPoller | TriageDispatch

const onGitHub = <A, E>(test: (github: GitHubPart) => Effect.Effect<A, E, Harness | Scope.Scope>) =>
  Effect.gen(function* () {
    const github = yield* githubPart
    return yield* Effect.provide(test(github), harness(github.url))
  })

/** One poll, and everything that comes of it. Answers with how many tasks it found. */
const look = Effect.gen(function* () {
  const { added } = yield* (yield* RepositoryPoller).pollOnce(repository)
  const dispatch = yield* TriageDispatch
  while ((yield* dispatch.runOnce) > 0) yield* Effect.yieldNow
  return added
})

const ours = (github: GitHubPart, issue: number) =>
  Effect.promise(async () => (await github.comments(issue)).filter(({ login }) => login === botLogin))

describe.skipIf(!isInstalled)("a harness on GitHub", () => {
  it.live(
    "labels and answers a new issue once, leaves what was there before alone, and takes its own writes for no news",
    () =>
      onGitHub((github) =>
        Effect.gen(function* () {
          const old = yield* Effect.promise(() => github.stranger.openIssue("It crashes", "for years"))
          // GitHub's times are whole seconds, and what is of the harness's first second counts as there before.
          yield* Effect.sleep(1100)
          assert.strictEqual(yield* look, 0)
          yield* Effect.sleep(1100)
          const issue = yield* Effect.promise(() => github.stranger.openIssue("It crashes on start", "boom"))
          const owned = yield* Effect.promise(() => github.owner.openIssue("It crashes for me too"))
          yield* look
          assert.deepStrictEqual(yield* Effect.promise(() => github.issue(issue)), { state: "open", labels: ["bug"] })
          assert.lengthOf(yield* ours(github, issue), 1)
          for (const other of [old, owned]) {
            assert.deepStrictEqual(yield* Effect.promise(() => github.issue(other)), { state: "open", labels: [] })
            assert.lengthOf(yield* ours(github, other), 0)
          }
          for (let again = 0; again < 3; again++) assert.strictEqual(yield* look, 0)
          yield* Effect.promise(() => github.stranger.comment(issue, "It crashes on Mondays as well."))
          assert.strictEqual(yield* look, 1)
          assert.lengthOf(yield* ours(github, issue), 1)
        })
      )
  )

  it.live("takes what it takes back for no news either, and what is said after it for some", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        yield* look
        yield* Effect.sleep(1100)
        const issue = yield* Effect.promise(() => github.stranger.openIssue("It crashes on start", "boom"))
        yield* look
        assert.lengthOf(yield* ours(github, issue), 1)
        const log = yield* ActionLog
        const [row] = yield* log.issueActions(repository, issue)
        const batch = (yield* log.detail(row?.task_id ?? ""))?.batch ?? ""
        const undoing = yield* (yield* ActionExecutor).undo(batch)
        assert.deepInclude(undoing, { left: [] })
        assert.deepStrictEqual(yield* Effect.promise(() => github.issue(issue)), { state: "open", labels: [] })
        for (let again = 0; again < 2; again++) assert.strictEqual(yield* look, 0)
        assert.lengthOf(yield* ours(github, issue), 0)
        yield* Effect.promise(() => github.stranger.comment(issue, "It crashes on Mondays as well."))
        assert.strictEqual(yield* look, 1)
      })
    )
  )

  it.live("labels and answers once where every write meets a bad gateway after it happened", () =>
    onGitHub((github) =>
      Effect.gen(function* () {
        yield* look
        yield* Effect.sleep(1100)
        const issue = yield* Effect.promise(() => github.stranger.openIssue("It crashes on start", "boom"))
        github.proxy.inject({ kind: "bad_gateway_after" }, "POST", /./, 10)
        for (let again = 0; again < 20 && (yield* ours(github, issue)).length === 0; again++) {
          yield* look
          yield* Effect.sleep(100)
        }
        for (let again = 0; again < 5; again++) {
          yield* look
          yield* Effect.sleep(100)
        }
        assert.deepStrictEqual(yield* Effect.promise(() => github.issue(issue)), { state: "open", labels: ["bug"] })
        assert.lengthOf(yield* ours(github, issue), 1)
        assert.deepStrictEqual(yield* (yield* ActionExecutor).unfinished, [])
      })
    )
  )
})
