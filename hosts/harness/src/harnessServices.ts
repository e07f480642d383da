/** The parts of a harness on one database and one line to GitHub. Which agents answer, and who proves, is for the caller to say. */
import { homedir } from "node:os"
import { dirname, join, resolve } from "node:path"
import * as Database from "@farmops/core/sql/Database"
import { ActionLog } from "@farmops/triage/ActionLog"
import { GitHubConnection } from "@farmops/triage/github/GitHubConnection"
import { layerGitHubExecutor } from "@farmops/triage/github/GitHubExecutor"
import { layerGitHubReads } from "@farmops/triage/github/readGitHub"
import { WriteQueue } from "@farmops/triage/github/WriteQueue"
import { layerGitHubWrites } from "@farmops/triage/github/writeGitHub"
import { layerWordGuard } from "@farmops/triage/layerWordGuard"
import { MemorySummaries } from "@farmops/triage/memory/MemorySummaries"
import { PollStore } from "@farmops/triage/poll/PollStore"
import { RepositoryPoller } from "@farmops/triage/poll/RepositoryPoller"
import { triageMigrations } from "@farmops/triage/triageTables"
import { IssueFacts } from "@farmops/triage/work/IssueFacts"
import { IssueSweeps } from "@farmops/triage/work/IssueSweeps"
import { TaskQueue } from "@farmops/triage/work/TaskQueue"
import { TriageDispatch } from "@farmops/triage/work/TriageDispatch"
import { Layer } from "effect"
import type { HarnessFile } from "./HarnessFile.ts"

/** Where decisions are remembered: the file's word, or the specification's place in the home folder. */
export const memoryFileOf = ({ memory }: HarnessFile): string =>
  memory === undefined ? join(homedir(), ".agent-harness", "memory.db") : resolve(memory.path)

/** The folder of keys, classifiers and the lock: the memory's own. */
export const dataFolderOf = (file: HarnessFile): string => dirname(memoryFileOf(file))

/** The file of a repository's classifier. */
export const classifierFileOf = (file: HarnessFile, repo: string): string =>
  join(dataFolderOf(file), `classifier-${repo.toLowerCase().replace("/", "-")}.json`)

/** `owner/repo` of each repository, as the file spells it. */
export const repositoriesOf = ({ repos }: HarnessFile): ReadonlyArray<string> =>
  repos.map(({ name, owner }) => `${owner}/${name}`)

/** The database with its tables, the log and what is derived from it. */
export const layerStore = (url: string) =>
  Layer.mergeAll(ActionLog.layer, TaskQueue.layer, MemorySummaries.layer, PollStore.layer).pipe(
    Layer.provideMerge(Database.layerMigrations("harness", triageMigrations)),
    Layer.provideMerge(Database.layer(url))
  )

/** What may be learnt from GitHub about the file's repositories, and about no other. */
export const layerReads = ({ identity, repos }: Pick<HarnessFile, "identity" | "repos">) =>
  layerGitHubReads.pipe(
    Layer.provideMerge(
      GitHubConnection.layer({
        token: identity.github_token,
        repositories: repos.map(({ name, owner }) => `${owner}/${name}`),
        ...(identity.api_url === undefined ? {} : { baseUrl: identity.api_url })
      })
    )
  )

/** How fast it may write, and how long it waits for an unclear end; other numbers than the defaults are for tests and demos. */
export interface HarnessPace {
  readonly writePauseMs?: number
  readonly settleMs?: number
  /** Between two looks for what is stale or due to be closed. */
  readonly sweepEveryMs?: number
}

/** Everything that follows, asks and does. Needs the store, the reads, the routes and who proves. */
export const layerWork = ({ settleMs, writePauseMs }: HarnessPace = {}) =>
  Layer.mergeAll(RepositoryPoller.layer, TriageDispatch.layer, IssueSweeps.layer).pipe(
    Layer.provideMerge(layerGitHubExecutor(settleMs === undefined ? undefined : { settleMs })),
    Layer.provide(IssueFacts.layer),
    Layer.provide(layerGitHubWrites),
    Layer.provide(
      WriteQueue.layer(writePauseMs === undefined ? undefined : { pauseMs: writePauseMs, waitingMax: 100 })
    ),
    Layer.provide(layerWordGuard)
  )

/** What takes a batch back, with the pace of a running harness. Needs the store and the reads. */
export const layerUndo = layerGitHubExecutor().pipe(Layer.provide(layerGitHubWrites), Layer.provide(WriteQueue.layer()))
