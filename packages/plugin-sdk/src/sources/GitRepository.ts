/**
 * A local git repository as a source: the commits, merges and tags of its default branch, oldest first, then what comes
 * new. It only reads. Nothing here is logged: the branch, paths and people are raw data.
 */
import { Clock, Effect, Ref, Schedule, Stream } from "effect"
import type { Observation } from "../contract/Observation.ts"
import { EmptyRepository, type GitUnavailable } from "./GitRepositoryError.ts"
import { gitCommits } from "./gitCommits.ts"
import { type Observer, observeCommit, observeTag, tagId } from "./gitObservation.ts"
import { gitTags } from "./gitTags.ts"
import { findBranch, newestCommitMs, openGitFolders, ownIdentity } from "./openGit.ts"
import { refsMark } from "./refsMark.ts"
import { askGit, commitOf } from "./runGit.ts"

/** What to watch, and whose work counts. */
export interface GitOptions {
  readonly path: string
  /** The e-mail addresses whose work counts; without them the repository's own user, or everybody. */
  readonly identities?: ReadonlyArray<string>
  /** 90 unless said otherwise. */
  readonly windowDays?: number
  /** Further names or e-mail addresses that belong to machines. */
  readonly bots?: ReadonlyArray<string>
}

/** A repository that is being watched. */
export interface GitRepository {
  readonly info: {
    /** The identities that were `named`, the repository's `own` user because they did some of it, or `all`. */
    readonly whose: "named" | "own" | "all"
    /** Those of the window, whoever made them. */
    readonly commits: number
  }
  /** How many observations `backlog` has. */
  readonly backlogCount: number
  /** The window as it was when the repository was opened. May be run again. */
  readonly backlog: Stream.Stream<Observation, GitUnavailable>
  /**
   * What is new since the backlog, or since it was last run; never ends. A branch that is gone is waited for. Fails only
   * when git has failed for some seconds, and may then be run again.
   */
  readonly follow: Stream.Stream<Observation, GitUnavailable>
}

const dayMs = 86_400_000
const windowDaysDefault = 90
const pollMs = 1_000
// A mark can miss what a strange file system does; git itself is asked at least this often.
const idleMax = 30
// About six seconds in all: longer than a repack holds its locks.
const retries = { schedule: Schedule.exponential("200 millis"), times: 5 }

interface Seen {
  readonly branch: string
  /** Of the refs when they were last looked at; null is never. */
  readonly mark: string | null
  readonly tip: string | null
  readonly tags: ReadonlySet<string>
  /** Looks since the last one that asked git. */
  readonly idle: number
}

/** Opens a repository and counts its window: the days before the newest commit, so that an old clock still shows a farm. */
export const openGitRepository = Effect.fn("openGitRepository")(function* (options: GitOptions) {
  const { path } = options
  const folders = yield* openGitFolders(path)
  const branch = yield* findBranch(path)
  const tip = yield* commitOf(path, branch)
  if (tip === null) return yield* new EmptyRepository({ path })

  const newest = yield* newestCommitMs(path, tip)
  const since = Math.max(0, newest - (options.windowDays ?? windowDaysDefault) * dayMs)
  // The order is given for counting too: without it git stops at another commit where dates go up and down.
  // The zone is needed: without it git takes a small number for something else than seconds.
  const inWindow = ["--topo-order", `--since=@${Math.floor(since / 1000)} +0000`]
  const commits = Number(yield* askGit(path, ["rev-list", "--count", ...inWindow, tip, "--"]))
  const named = options.identities?.length ? options.identities : null
  const own = named === null ? yield* ownIdentity(path, [...inWindow, tip]) : null
  const identities = named ?? (own === null ? null : [own])
  const observer: Observer = {
    identities: identities?.map((email) => email.trim().toLowerCase()) ?? null,
    bots: options.bots ?? []
  }

  const tagsAt = (at: string) => Effect.map(gitTags(path, at), (tags) => tags.filter(({ madeMs }) => madeMs >= since))
  // Tags come after the commits that they name, whatever the clocks said.
  const observe = (range: ReadonlyArray<string>, tags: Effect.Success<ReturnType<typeof tagsAt>>) =>
    gitCommits(path, [...inWindow, ...range]).pipe(
      Stream.mapEffect((commit) => Effect.map(Clock.currentTimeMillis, (now) => observeCommit(observer, commit, now))),
      Stream.concat(
        Stream.fromIterable(tags).pipe(
          Stream.mapEffect((tag) => Effect.map(Clock.currentTimeMillis, (now) => observeTag(observer, tag, now)))
        )
      )
    )

  const tags = yield* tagsAt(tip)
  const opened: Seen = { branch, mark: null, tip, tags: new Set(tags.map(tagId)), idle: 0 }
  const seen = yield* Ref.make<Seen>({ ...opened, tip: null, tags: new Set() })
  const backlog = Stream.concat(observe([tip], tags), Stream.fromEffectDrain(Ref.set(seen, opened)))

  // What changed since the last look. It is remembered once all of it has been taken: whoever stops half way gets it again.
  const look = Effect.gen(function* () {
    const before = yield* Ref.get(seen)
    // Read before git is asked: what changes meanwhile changes the next mark.
    const mark = yield* refsMark(folders, before.branch)
    if (mark === before.mark && before.idle < idleMax) {
      yield* Ref.set(seen, { ...before, idle: before.idle + 1 })
      return Stream.empty
    }
    const known = yield* commitOf(path, before.branch)
    const current = known === null ? yield* findBranch(path) : before.branch
    const head = known ?? (yield* commitOf(path, current))
    if (head === null) return Stream.empty
    const found = yield* tagsAt(head)
    const after: Seen = { branch: current, mark, tip: head, tags: new Set(found.map(tagId)), idle: 0 }
    // After a forced push the old commits may be gone; then the whole window is gone through, and ids make that harmless.
    const base = before.tip === null ? null : yield* commitOf(path, before.tip)
    const news = found.filter((tag) => !before.tags.has(tagId(tag)))
    return observe(base === null ? [head] : [`^${base}`, head], news).pipe(
      Stream.concat(Stream.fromEffectDrain(Ref.set(seen, after)))
    )
  }).pipe(Effect.retry(retries))

  const repository: GitRepository = {
    info: { whose: named !== null ? "named" : own !== null ? "own" : "all", commits },
    backlogCount: commits + tags.length,
    backlog,
    follow: Stream.fromEffectSchedule(look, Schedule.spaced(pollMs)).pipe(Stream.flatten())
  }
  return repository
})
