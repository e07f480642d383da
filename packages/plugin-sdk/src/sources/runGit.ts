/**
 * Runs git in somebody's repository so that it only reads, asks nobody, reaches no network, and answers the same whatever
 * the user's configuration says. No hook, monitor, pager, signature check or filter of that repository ever runs.
 */
import { runProcess } from "@farmops/core/process/runProcess"
import { streamRecords } from "@farmops/core/process/streamRecords"
import { Effect, Stream } from "effect"
import { GitUnavailable } from "./GitRepositoryError.ts"

const settings = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.quotePath": "false",
  "log.showSignature": "false",
  // Else a first commit may change nothing.
  "log.showRoot": "true",
  // An author is who the commit says it was: another file must not be able to change that.
  "log.mailmap": "false",
  "color.ui": "false"
}

const safeArgs = [
  "--no-optional-locks",
  "--no-pager",
  ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])
]

const safeEnv = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  // No transport is allowed, so nothing is ever fetched, also not to fill a gap.
  GIT_ALLOW_PROTOCOL: "",
  GIT_NO_LAZY_FETCH: "1",
  // History as it was committed, not as a local replacement tells it.
  GIT_NO_REPLACE_OBJECTS: "1"
}

// Every command here ends in milliseconds; one that walks a huge history takes seconds.
const commandMsMax = 30_000
// The longest answers are lists of tags.
const outputBytesMax = 16 * 1024 * 1024

const unavailable = (error: { readonly message: string }) => new GitUnavailable({ reason: error.message })

/** What git answered. `stderr` may name things: only to be looked at, never shown. */
export const git = Effect.fnUntraced(function* (cwd: string, args: ReadonlyArray<string>) {
  const options = { cwd, env: safeEnv, timeoutMs: commandMsMax, outputBytesMax }
  const { exitCode, stderr, stdout } = yield* runProcess("git", [...safeArgs, ...args], options).pipe(
    Effect.mapError(unavailable)
  )
  return { exitCode, stderr, text: new TextDecoder().decode(stdout) }
})

/** git's answer without the last line's end; null where it says no (status 1). Any other status is a failure. */
export const askGit = Effect.fnUntraced(function* (cwd: string, args: ReadonlyArray<string>) {
  const { exitCode, text } = yield* git(cwd, args)
  if (exitCode === 0) return text.replace(/\n$/, "")
  if (exitCode === 1) return null
  return yield* new GitUnavailable({ reason: `git ${args[0]} ended with status ${exitCode}` })
})

/** The commit that a name stands for, or null. */
export const commitOf = (cwd: string, name: string) =>
  askGit(cwd, ["rev-parse", "--verify", "--quiet", `${name}^{commit}`])

/** git's answer, cut at NUL characters, while it comes. */
export const streamGit = (cwd: string, args: ReadonlyArray<string>): Stream.Stream<string, GitUnavailable> =>
  streamRecords("git", [...safeArgs, ...args], { cwd, env: safeEnv, separator: "\0" }).pipe(
    Stream.mapError(unavailable)
  )
