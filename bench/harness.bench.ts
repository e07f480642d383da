/** What the harness asks of GitHub for a thousand repositories in which nothing happens, and what it adds to the calls of one triage. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import * as Database from "@farmops/core/sql/Database"
import * as ProofLogSql from "@farmops/proof/ProofLogSql"
import { ActionLog } from "@farmops/triage/ActionLog"
import { GitHubConnection } from "@farmops/triage/github/GitHubConnection"
import { layerGitHubExecutor } from "@farmops/triage/github/GitHubExecutor"
import { layerGitHubReads } from "@farmops/triage/github/readGitHub"
import { WriteQueue } from "@farmops/triage/github/WriteQueue"
import { layerGitHubWrites } from "@farmops/triage/github/writeGitHub"
import { MemorySummaries } from "@farmops/triage/memory/MemorySummaries"
import { PollStore } from "@farmops/triage/poll/PollStore"
import { pollsAtOnce, RepositoryPoller } from "@farmops/triage/poll/RepositoryPoller"
import { layerHarnessChain } from "@farmops/triage/proofs/HarnessChain"
import type { GitHubIssue } from "@farmops/triage/protocol/GitHubIssue"
import { capsDefault, capsOfHarnessDefault, modesDefault, type TriageRules } from "@farmops/triage/TriageRules"
import { triageMigrations } from "@farmops/triage/triageTables"
import { IssueFacts } from "@farmops/triage/work/IssueFacts"
import { TaskQueue } from "@farmops/triage/work/TaskQueue"
import type { TriageAgent } from "@farmops/triage/work/TriageAgent"
import { TriageDispatch } from "@farmops/triage/work/TriageDispatch"
import { TriageRoutes, WordGuard } from "@farmops/triage/work/triagePorts"
import { Effect, Layer, Logger, Redacted } from "effect"
import { median, type Report, rounded } from "./report.ts"

const repositories = 1_000
const cycles = 3
const rounds = 3
const triagesOfRound = 40

interface Asked {
  readonly requests: number
  readonly notModified: number
  readonly calls: ReadonlyArray<{ readonly method: string; readonly path: string; readonly body: string }>
}

const startServer = async () => {
  const file = fileURLToPath(new URL("harness/githubServer.ts", import.meta.url))
  const child = spawn(process.execPath, ["--conditions=@farmops/source", file], { stdio: ["pipe", "pipe", "inherit"] })
  const [line] = await once(child.stdout, "data")
  const url = `http://127.0.0.1:${String(line).trim()}`
  const asked = async (): Promise<Asked> => (await (await fetch(`${url}/_asked`)).json()) as Asked
  return { url, asked, stop: () => child.stdin.end() }
}

const names = Array.from({ length: repositories }, (_, at) => `octo/quiet-${at}`)
const busy = "octo/busy"

const rules: TriageRules = {
  repo: busy,
  botUser: "triage-bot",
  modes: { ...modesDefault, add_label: "live", comment: "live" },
  dryRun: false,
  labels: { bug: ["crash"] },
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
  caps: { ...capsDefault, actionsPerHour: 100_000, actionsPerDay: 100_000 },
  capsOfHarness: { ...capsOfHarnessDefault, actionsPerHour: 100_000, actionsPerDay: 100_000 }
}

const atOnce: TriageAgent = {
  name: "at once",
  ask: ({ task_id }) =>
    Effect.succeed({
      task_id,
      decision: "label_and_respond",
      rationale: "it names a crash",
      actions: [
        { type: "add_label", label: "bug" },
        { type: "comment", body: "Thank you for the report." }
      ]
    })
}

/** The whole harness on a file, with durable commits, as it runs; only the pause between two writes is left out. */
const harness = (folder: string, url: string) => {
  const database = Database.layerMigrations("harness", triageMigrations).pipe(
    Layer.provideMerge(Database.layer(`sqlite://${folder}/memory.db`))
  )
  const github = Layer.mergeAll(layerGitHubReads, layerGitHubWrites).pipe(
    Layer.provide(
      GitHubConnection.layer({ token: Redacted.make("none"), repositories: [...names, busy], baseUrl: url })
    )
  )
  return Layer.mergeAll(TriageDispatch.layer, RepositoryPoller.layer).pipe(
    Layer.provide(layerGitHubExecutor()),
    Layer.provide(WriteQueue.layer({ pauseMs: 0, waitingMax: 100 })),
    Layer.provide(IssueFacts.layer),
    Layer.provide(layerHarnessChain({ clusterAlias: "bench", botUser: "triage-bot", dataDir: folder, tracker: null })),
    Layer.provideMerge(
      Layer.mergeAll(ActionLog.layer, TaskQueue.layer, MemorySummaries.layer, PollStore.layer, ProofLogSql.layer)
    ),
    Layer.provide(github),
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(
          TriageRoutes,
          new Map([[busy, { rules, agent: atOnce, llm: { provider: "none", model: "none" } }]])
        ),
        Layer.succeed(WordGuard, { isSuspicious: () => false, posted: (body) => body })
      )
    ),
    Layer.provideMerge(database),
    Layer.provide(NodeServices.layer),
    Layer.provideMerge(Logger.layer([]))
  )
}

const rssMiB = () => Math.round(process.memoryUsage.rss() / 2 ** 20)

interface Cycle {
  readonly requests: number
  readonly notModified: number
  readonly ms: number
}

const pollAll = Effect.flatMap(RepositoryPoller, ({ pollOnce }) =>
  Effect.forEach(names, pollOnce, { concurrency: pollsAtOnce, discard: true })
)

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const begin = performance.now()
    return Effect.map(effect, () => performance.now() - begin)
  })

const cyclesOf = Effect.fnUntraced(function* (asked: () => Promise<Asked>) {
  // The first makes the cursors and has no ETag to show.
  yield* pollAll
  yield* Effect.promise(asked)
  const done: Array<Cycle> = []
  for (let cycle = 0; cycle < cycles; cycle++) {
    const ms = yield* timed(pollAll)
    const { notModified, requests } = yield* Effect.promise(asked)
    done.push({ requests, notModified, ms })
  }
  return done
})

const triage = Effect.fnUntraced(function* (number: number) {
  const issue: GitHubIssue = {
    number,
    title: "It crashes on start",
    body: null,
    state: "open",
    locked: false,
    labels: [],
    assignees: [],
    user: { login: "stranger", type: "User" },
    author_association: "NONE",
    comments: 0,
    created_at: "2026-01-31T09:00:00Z",
    updated_at: "2026-01-31T09:00:00Z",
    closed_at: null
  }
  yield* (yield* TaskQueue).add([{ repo: busy, issue, cause: "opened", backlog: false, rounds: 0 }])
  const dispatch = yield* TriageDispatch
  return yield* timed(dispatch.runOnce)
})

/** The very calls that a triage made, for another issue, one after the other and by fetch alone. */
const bare = async (url: string, calls: Asked["calls"], from: number, to: number): Promise<number> => {
  const begin = performance.now()
  for (const { body, method, path } of calls) {
    const response = await fetch(`${url}${path.replace(`/issues/${from}`, `/issues/${to}`)}`, {
      method,
      headers: { "content-type": "application/json", authorization: "token none" },
      ...(method === "GET" ? {} : { body })
    })
    await response.text()
  }
  return performance.now() - begin
}

interface Compared {
  readonly harnessMs: number
  readonly bareMs: number
  readonly calls: number
}

const compare = Effect.fnUntraced(function* (url: string, asked: () => Promise<Asked>) {
  const compared: Array<Compared> = []
  // Warm: modules compiled, labels and permissions known, connections open.
  for (let number = 1; number <= 20; number++) yield* triage(number)
  for (let at = 0; at < rounds * triagesOfRound; at++) {
    const number = 1_000 + at
    yield* Effect.promise(asked)
    const harnessMs = yield* triage(number)
    const { calls } = yield* Effect.promise(asked)
    const bareMs = yield* Effect.promise(() => bare(url, calls, number, 100_000 + number))
    compared.push({ harnessMs, bareMs, calls: calls.length })
  }
  return compared
})

export const run = async (): Promise<Report> => {
  const folder = mkdtempSync(join(tmpdir(), "farmops-bench-"))
  const server = await startServer()
  try {
    const measured = Effect.gen(function* () {
      const before = rssMiB()
      const polled = yield* cyclesOf(server.asked)
      const grown = rssMiB()
      const compared = yield* compare(server.url, server.asked)
      return { polled, compared, before, grown }
    })
    const { before, compared, grown, polled } = await Effect.runPromise(
      Effect.scoped(Effect.provide(measured, harness(folder, server.url)))
    )
    const of = (pick: (one: Compared) => number) => median(compared.map(pick))
    const requests = median(polled.map((cycle) => cycle.requests))
    const notModified = median(polled.map((cycle) => cycle.notModified))
    const overheads = compared.map(({ bareMs, harnessMs }) => harnessMs - bareMs).sort((a, b) => a - b)
    return {
      ratios: {
        requests_per_idle_repo: rounded(requests / repositories),
        not_modified_share: rounded(notModified / requests),
        overhead_ms_p50: rounded(median(overheads))
      },
      rows: [
        {
          what: `${repositories} idle repositories, one cycle`,
          requests,
          ms: Math.round(median(polled.map((cycle) => cycle.ms))),
          rss_mib: grown,
          rss_before_mib: before
        },
        {
          what: "one triage",
          requests: of((one) => one.calls),
          ms: rounded(of((one) => one.harnessMs)),
          rss_mib: null,
          rss_before_mib: null
        },
        {
          what: "its calls, bare",
          requests: of((one) => one.calls),
          ms: rounded(of((one) => one.bareMs)),
          rss_mib: null,
          rss_before_mib: null
        }
      ],
      notes: [
        `Node ${process.version}; cycles: median of ${cycles} after a first; triages: ${rounds * triagesOfRound} in turn with their bare calls.`,
        `overhead p90 ${rounded(overheads[Math.floor(overheads.length * 0.9)] ?? Number.NaN)} ms, every commit durable (synchronous=FULL), proofs included; the second between two writes is left out.`
      ]
    }
  } finally {
    server.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
