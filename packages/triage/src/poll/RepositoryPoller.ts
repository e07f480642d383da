/**
 * Follows repositories: one fiber for each, all of them sharing a few places at GitHub's door. A pass that does not end well changes
 * nothing and is made again; no repository waits for another's trouble.
 */
import { backOffMs } from "@farmops/core/http/backOff"
import { Clock, Context, Effect, Layer, Random, Schema, Semaphore } from "effect"
import type { ReadFault } from "../GitHubErrors.ts"
import { GitHubReads, type IssuesAnswer } from "../GitHubReads.ts"
import type { StoreUnavailable } from "../StoreUnavailable.ts"
import type { TaskQueueFull } from "../work/TaskQueue.ts"
import { firstCursor, type PollCursor, type PollPlan, pagesMax, planPoll, settlePoll } from "./nextPoll.ts"
import { PollStore } from "./PollStore.ts"

/** GitHub allows a hundred requests at a time for everything that an account does, and asks pollers to be modest. */
export const pollsAtOnce = 8

// A repository that is gone, or a token that is refused, is a person's to cure: asked for ever more rarely.
const backOff = { firstMs: 30_000, maxMs: 3_600_000 } as const

/** What one pass cost and found. */
export interface PollReport {
  readonly requests: number
  readonly notModified: boolean
  /** Tasks that it added to the queue. */
  readonly added: number
  /** Seconds that GitHub asks to leave before the next; null where it says nothing. */
  readonly pollIntervalSeconds: number | null
}

/** Why a pass changed nothing. */
export type PollFault = ReadFault | StoreUnavailable | TaskQueueFull

/** How a repository's polls go, for `status`. */
export interface PollStanding {
  readonly repo: string
  /** Epoch milliseconds of the last pass that ended well; null before the first. */
  readonly lastMs: number | null
  readonly failures: number
  /** The tag of the last fault; null after a good pass. */
  readonly fault: string | null
}

/** How often, and whom to tell. */
export interface FollowOptions {
  readonly intervalMs: number
  /** Called when there are new tasks. */
  readonly found: Effect.Effect<void>
}

/** More changed than one pass reads newest first; the next goes on from the oldest. */
class PassTooLong extends Schema.TaggedError<PassTooLong>()("PassTooLong", {}) {}

const make = Effect.gen(function* () {
  const reads = yield* GitHubReads
  const store = yield* PollStore
  const door = yield* Semaphore.make(pollsAtOnce)
  const standings = new Map<string, PollStanding>()

  type Page = Extract<IssuesAnswer, { readonly _tag: "Page" }>

  const readPages = Effect.fnUntraced(function* (plan: PollPlan, oldestFirst: boolean) {
    const pages: Array<Page> = []
    for (let page = 1; page <= pagesMax; page++) {
      const answer = yield* reads.listIssues(page === 1 ? plan.query : { ...plan.query, page })
      if (answer._tag === "NotModified") {
        return { pages: null, requests: page, pollIntervalSeconds: answer.pollIntervalSeconds }
      }
      pages.push(answer)
      if (!answer.hasNext) break
    }
    // Oldest first, what was read is whole as far as it goes.
    if (pages.at(-1)?.hasNext === true && !oldestFirst) return yield* new PassTooLong()
    return { pages, requests: pages.length, pollIntervalSeconds: pages[0]?.pollIntervalSeconds ?? null }
  })

  const pass = Effect.fnUntraced(function* (repo: string, cursor: PollCursor, oldestFirst: boolean) {
    const nowMs = yield* Clock.currentTimeMillis
    const plan = planPoll(repo, cursor, nowMs, oldestFirst)
    const { pages, pollIntervalSeconds, requests } = yield* readPages(plan, oldestFirst)
    if (pages === null) return { requests, notModified: true, added: 0, pollIntervalSeconds }
    const added = yield* store.advance(repo, settlePoll(cursor, plan, pages, nowMs))
    return { requests, notModified: false, added, pollIntervalSeconds }
  })

  /** One pass. The first of a repository asks for nothing that was there before. */
  const pollOnce = Effect.fn("RepositoryPoller.pollOnce")(function* (
    repo: string
  ): Effect.fn.Return<PollReport, PollFault> {
    const cursor = (yield* store.cursor(repo)) ?? firstCursor(yield* Clock.currentTimeMillis)
    return yield* pass(repo, cursor, false).pipe(
      // The two ways cannot both be too long: the second takes what it gets.
      Effect.catchTag("PassTooLong", () => Effect.catchTag(pass(repo, cursor, true), "PassTooLong", Effect.die))
    )
  })

  const pauseAfter = Effect.fnUntraced(function* (repo: string, fault: PollFault, intervalMs: number) {
    const before = standings.get(repo)
    const failures = (before?.failures ?? 0) + 1
    standings.set(repo, { repo, lastMs: before?.lastMs ?? null, failures, fault: fault._tag })
    yield* Effect.logWarning("a look at a repository failed").pipe(
      Effect.annotateLogs({ repo, fault: fault._tag, reason: fault.message, failures })
    )
    const pause = backOffMs(backOff, failures, yield* Random.next)
    return Math.max(intervalMs, pause, fault._tag === "GitHubRateLimited" ? fault.retryAfterMs : 0)
  })

  const turn = Effect.fnUntraced(function* (repo: string, { found, intervalMs }: FollowOptions) {
    const report = yield* door.withPermits(1)(pollOnce(repo))
    standings.set(repo, { repo, lastMs: yield* Clock.currentTimeMillis, failures: 0, fault: null })
    if (report.added > 0) yield* found
    return Math.max(intervalMs, (report.pollIntervalSeconds ?? 0) * 1000)
  })

  const follow = Effect.fnUntraced(function* (repo: string, options: FollowOptions) {
    // Spread over the interval, so that a thousand repositories are not asked for in one second.
    yield* Effect.sleep(Math.floor((yield* Random.next) * options.intervalMs))
    while (true) {
      const pauseMs = yield* turn(repo, options).pipe(
        Effect.catch((fault) => pauseAfter(repo, fault, options.intervalMs))
      )
      yield* Effect.sleep(pauseMs)
    }
  })

  return {
    pollOnce,
    /** Follows the repositories for ever. */
    run: (repos: ReadonlyArray<string>, options: FollowOptions): Effect.Effect<never> =>
      Effect.andThen(
        // Each repository has a fiber of its own that sleeps nearly always; `door` bounds how many are at GitHub.
        Effect.forEach(repos, (repo) => follow(repo, options), { concurrency: "unbounded", discard: true }),
        Effect.never
      ),
    standings: Effect.sync((): ReadonlyArray<PollStanding> => [...standings.values()])
  } as const
})

/** The poller of a harness. */
export class RepositoryPoller extends Context.Service<RepositoryPoller>()("@farmops/triage/RepositoryPoller", {
  make
}) {
  static readonly layer: Layer.Layer<RepositoryPoller, never, GitHubReads | PollStore> = Layer.effect(this, this.make)
}
