/** What has to be known of a repository before it can be watched. */
import { stat } from "node:fs/promises"
import { resolve } from "node:path"
import { Clock, Effect } from "effect"
import { GitUnavailable, NotARepository, RepositoryNotTrusted, ShallowRepository } from "./GitRepositoryError.ts"
import type { GitFolders } from "./refsMark.ts"
import { askGit, commitOf, git } from "./runGit.ts"

const isFolder = (path: string) =>
  Effect.promise(() =>
    stat(path).then(
      (found) => found.isDirectory(),
      () => false
    )
  )

/** Where the repository keeps its refs, or why git cannot read it or not all of it. */
export const openGitFolders = Effect.fnUntraced(function* (path: string) {
  if (!(yield* isFolder(path))) return yield* new NotARepository({ path })
  const shown = ["--is-shallow-repository", "--absolute-git-dir", "--git-common-dir"]
  const { exitCode, stderr, text } = yield* git(path, ["rev-parse", ...shown])
  if (exitCode !== 0) {
    if (/dubious ownership|unsafe repository/.test(stderr)) return yield* new RepositoryNotTrusted({ path })
    if (/not a git repository/i.test(stderr)) return yield* new NotARepository({ path })
    return yield* new GitUnavailable({ reason: "this version of git cannot read the repository" })
  }
  const [shallow, own = "", common = ""] = text.split("\n")
  if (shallow === "true") return yield* new ShallowRepository({ path, missing: "commits" })
  const promised = yield* askGit(path, ["config", "--get-regexp", "^remote\\..*\\.promisor$", "true"])
  if (promised !== null) return yield* new ShallowRepository({ path, missing: "contents" })
  return { own, common: resolve(path, common) } satisfies GitFolders
})

/**
 * The branch that the remote calls its default, where it exists here; else the one that is checked out. On a detached
 * HEAD the remote's own copy, else HEAD itself.
 */
export const findBranch = Effect.fnUntraced(function* (path: string) {
  const remote = yield* askGit(path, ["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])
  const local = remote?.replace("refs/remotes/origin/", "refs/heads/") ?? null
  if (local !== null && (yield* commitOf(path, local)) !== null) return local
  const head = yield* askGit(path, ["symbolic-ref", "--quiet", "HEAD"])
  if (head !== null) return head
  return remote !== null && (yield* commitOf(path, remote)) !== null ? remote : "HEAD"
})

/**
 * The newest date of a commit, from which the window is counted. Contributors' clocks differ, so that need not be the
 * last commit: the newest of a thousand is near enough. A date in the future counts as now.
 */
export const newestCommitMs = Effect.fnUntraced(function* (path: string, tip: string) {
  const now = yield* Clock.currentTimeMillis
  const text = (yield* askGit(path, ["log", "-1000", "--format=%ct", tip, "--"])) ?? ""
  const past = text
    .split("\n")
    .map((seconds) => Number(seconds) * 1000)
    .filter((at) => at <= now)
  return past.reduce((newest, at) => Math.max(newest, at), past[0] ?? now)
})

/** The e-mail address that git would commit with here, if any commit of the range is its. */
export const ownIdentity = Effect.fnUntraced(function* (path: string, range: ReadonlyArray<string>) {
  const email = (yield* askGit(path, ["config", "--get", "user.email"]))?.trim() ?? ""
  if (email === "") return null
  const exact = ["--fixed-strings", "--regexp-ignore-case", `--author=<${email}>`]
  const found = yield* askGit(path, ["log", "-1", "--format=%H", ...exact, ...range, "--"])
  return found === null || found === "" ? null : email
})
