/** Real git repositories in temporary folders, with dates and people that a test decides. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect, Schema, type Scope } from "effect"
import { GitEvent } from "../src/contract/GitEvent.ts"
import type { Observation } from "../src/contract/Observation.ts"

export const ann = { name: "Ann Example", email: "ann@example.org" }
export const bob = { name: "Bob Example", email: "bob@example.org" }

interface Step {
  /** Seconds since 1970. */
  readonly at?: number
  readonly who?: { readonly name: string; readonly email: string }
  /** Lines by path. */
  readonly files?: Readonly<Record<string, number>>
}

/** 2026-02-01T00:00:00Z. */
export const start = 1_769_904_000
export const day = 86_400

/** A repository under `path`. Commits lie an hour apart unless a step says when. */
export const repositoryAt = (path: string) => {
  let clock = start
  const git = (args: ReadonlyArray<string>, { at = clock, who = ann }: Step = {}): string =>
    execFileSync("git", ["-C", path, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        HOME: "/nonexistent",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_AUTHOR_NAME: who.name,
        GIT_AUTHOR_EMAIL: who.email,
        GIT_AUTHOR_DATE: `${at} +0000`,
        GIT_COMMITTER_NAME: who.name,
        GIT_COMMITTER_EMAIL: who.email,
        GIT_COMMITTER_DATE: `${at} +0000`
      }
    }).trimEnd()
  const head = () => git(["rev-parse", "HEAD"])
  return {
    path,
    git,
    head,
    /** Commits everything and gives the commit's id. Without files it changes nothing. */
    commit: (step: Step = {}): string => {
      clock += 3600
      for (const [file, lines] of Object.entries(step.files ?? {})) {
        mkdirSync(dirname(join(path, file)), { recursive: true })
        writeFileSync(join(path, file), Array.from({ length: lines }, (_, line) => `${clock} ${line}\n`).join(""))
      }
      git(["add", "--all"])
      git(["commit", "--quiet", "--allow-empty", "-m", "a message"], { ...step, at: step.at ?? clock })
      return head()
    },
    merge: (branch: string): string => {
      clock += 3600
      git(["merge", "--quiet", "--no-ff", "-m", "a merge", branch])
      return head()
    },
    tag: (name: string, at = "HEAD"): void => {
      clock += 3600
      git(["tag", "-a", "-m", "a tag", name, at])
    }
  }
}
export type TestRepository = ReturnType<typeof repositoryAt>

/** A folder that goes away with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-git-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** An empty repository whose own user did nothing in it, so that everybody's work counts. */
export const makeRepository = (branch = "main") =>
  Effect.map(temporaryFolder, (path): TestRepository => {
    const repository = repositoryAt(path)
    repository.git(["init", "--quiet", `--initial-branch=${branch}`])
    repository.git(["config", "user.email", "nobody@example.org"])
    repository.git(["config", "commit.gpgSign", "false"])
    return repository
  })

/** What a plugin would read. */
export const eventOf = ({ rawData }: Observation): GitEvent =>
  Schema.decodeUnknownSync(GitEvent)(JSON.parse(new TextDecoder().decode(rawData)))
