/**
 * How one repository's issues are followed without missing one or asking too much. Pure: what to ask for, and what an answer means.
 *
 * The list is asked for newest change first, so that the ETag of its first page tells of every change. The cursor is the newest
 * change that an answer held, never a clock's word, moves only after all pages of a pass, and never goes back. GitHub gives the
 * cursor's own second again: what was seen of it is known by its fingerprint.
 */
import { Schema } from "effect"
import type { IssuesAnswer, IssuesQuery } from "../GitHubReads.ts"
import { type GitHubIssue, GitHubTime } from "../protocol/GitHubIssue.ts"
import { issueFingerprint } from "./issueFingerprint.ts"

/** How far a repository was followed. */
export const PollCursor = Schema.Struct({
  /** The newest change that was seen, or the time of the first poll. */
  since: GitHubTime,
  /** The first page's ETag, and the question that it answers. */
  etag: Schema.NullOr(Schema.String),
  etag_url: Schema.NullOr(Schema.String),
  etag_at: Schema.NullOr(GitHubTime),
  /** When the harness began with the repository. What did not change since then is its backlog. */
  start: GitHubTime,
  /** Fingerprints of the issues of the cursor's second. */
  known: Schema.Array(Schema.String),
  last_full_pass: GitHubTime
})

/** See the schema of the same name. */
export type PollCursor = typeof PollCursor.Type

/** A pass over more pages takes more than a poll's time: from here on it goes on oldest first, which may stop anywhere. */
export const pagesMax = 50

/** A day: what a shifting page made a pass miss is found by the pass that reads a day again. */
export const fullPassEveryMs = 86_400_000

// GitHub's list may show a change late.
const fullPassOverlapMs = 3_600_000

// An ETag that GitHub no longer renews would hide changes for good.
const etagAgeMsMax = 3_600_000

/** GitHub's spelling of an instant. */
export const spellTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Nothing was seen yet: what changes from now on is. */
export const firstCursor = (nowMs: number): PollCursor => ({
  since: spellTime(nowMs),
  etag: null,
  etag_url: null,
  etag_at: null,
  start: spellTime(nowMs),
  known: [],
  last_full_pass: spellTime(nowMs)
})

/** One pass over what changed. */
export interface PollPlan {
  /** Without its page. */
  readonly query: IssuesQuery
  /** What the ETag belongs to. */
  readonly question: string
  readonly full: boolean
}

/** What to ask GitHub for now. `oldestFirst` after a pass that had more than {@link pagesMax} pages. */
export const planPoll = (repo: string, cursor: PollCursor, nowMs: number, oldestFirst = false): PollPlan => {
  const lastFullMs = Date.parse(cursor.last_full_pass)
  const full = nowMs - lastFullMs >= fullPassEveryMs && !oldestFirst
  const beginMs = Math.max(Date.parse(cursor.start), lastFullMs - fullPassOverlapMs)
  const since = full ? spellTime(Math.min(beginMs, Date.parse(cursor.since))) : cursor.since
  const direction = oldestFirst ? "asc" : "desc"
  const question = `${repo} all updated ${direction} ${since}`
  const isFresh = cursor.etag_at !== null && nowMs - Date.parse(cursor.etag_at) < etagAgeMsMax
  const mayAsk = !full && !oldestFirst && isFresh && cursor.etag !== null && cursor.etag_url === question
  return {
    query: {
      repo,
      since,
      state: "all",
      sort: "updated",
      direction,
      perPage: 100,
      ...(mayAsk && cursor.etag !== null && { etag: cursor.etag })
    },
    question,
    full
  }
}

/** What a pass has found, and where the next one begins. */
export interface PollStep {
  readonly cursor: PollCursor
  /** Issues that changed, each once and as it was read last; pull requests are left out. */
  readonly changed: ReadonlyArray<GitHubIssue>
}

type Page = Extract<IssuesAnswer, { readonly _tag: "Page" }>

// An issue that changes during the pass comes twice: on a later page as it was, on the first as it is.
const newestOf = (pages: ReadonlyArray<Page>): ReadonlyArray<GitHubIssue> => {
  const byNumber = new Map<number, GitHubIssue>()
  for (const issue of pages.flatMap(({ issues }) => issues)) {
    const other = byNumber.get(issue.number)
    if (other === undefined || issue.updated_at > other.updated_at) byNumber.set(issue.number, issue)
  }
  return [...byNumber.values()]
}

/** What a complete pass means. Nothing of an incomplete one may come here. */
export const settlePoll = (cursor: PollCursor, plan: PollPlan, pages: ReadonlyArray<Page>, nowMs: number): PollStep => {
  const issues = newestOf(pages)
  const since = issues.reduce((newest, { updated_at }) => (updated_at > newest ? updated_at : newest), cursor.since)
  const known = issues.filter(({ updated_at }) => updated_at === since).map(issueFingerprint)
  const before = new Set(cursor.known)
  return {
    cursor: {
      ...cursor,
      since,
      known: since === cursor.since ? [...new Set([...cursor.known, ...known])] : known,
      // That of a 304 is spelled otherwise, and would never be met again: only a page's is kept.
      etag: pages[0]?.etag ?? null,
      etag_url: plan.question,
      etag_at: spellTime(nowMs),
      last_full_pass: plan.full ? spellTime(nowMs) : cursor.last_full_pass
    },
    changed: issues.filter(
      (issue) =>
        issue.pull_request === undefined && !(issue.updated_at === cursor.since && before.has(issueFingerprint(issue)))
    )
  }
}
