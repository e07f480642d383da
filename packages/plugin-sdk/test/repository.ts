/** Real git repositories for tests, made as a person would make them. */
import { execFileSync } from "node:child_process"
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect } from "effect"

export interface Person {
  readonly name: string
  readonly email: string
}

export const ann: Person = { name: "Ann", email: "ann@example.org" }
export const bob: Person = { name: "Bob", email: "1234567+bob@users.noreply.github.com" }
export const robot: Person = { name: "dependabot[bot]", email: "49699333+dependabot[bot]@users.noreply.github.com" }

/** A noon of which every test knows what lies before it. */
export const noonMs = Date.parse("2026-02-21T12:00:00Z")
export const dayMs = 86_400_000

/** A folder that is gone with the scope, and git in it. */
export class Repository {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  git(args: ReadonlyArray<string>, who: Person = ann, atMs: number = noonMs): string {
    const date = `@${Math.floor(atMs / 1000)} +0000`
    const env = {
      PATH: process.env.PATH,
      HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: who.name,
      GIT_AUTHOR_EMAIL: who.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: who.name,
      GIT_COMMITTER_EMAIL: who.email,
      GIT_COMMITTER_DATE: date
    }
    return execFileSync("git", ["-C", this.path, ...args], { env, encoding: "utf8", stdio: "pipe" }).trim()
  }

  /** Commits one more line in each of `files`. */
  commit(files: ReadonlyArray<string>, who: Person = ann, atMs: number = noonMs): string {
    for (const file of files) {
      const path = join(this.path, file)
      mkdirSync(dirname(path), { recursive: true })
      appendFileSync(path, "line\n")
    }
    this.git(["add", "--all"])
    this.git(["commit", "--quiet", "--allow-empty", "-m", "change"], who, atMs)
    return this.git(["rev-parse", "HEAD"])
  }

  /** Puts a signature on the last commit: no real one, but git has to ask gpg to find that out. */
  sign(): void {
    const commit = this.git(["cat-file", "commit", "HEAD"])
    const at = commit.indexOf("\n\n")
    const signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    const draft = join(this.path, ".git", "signed")
    writeFileSync(draft, `${commit.slice(0, at)}\n${signature}${commit.slice(at)}\n`)
    this.git(["reset", "--quiet", "--soft", this.git(["hash-object", "-t", "commit", "-w", draft])])
  }

  /** Merges a branch that changes `file` into this one. */
  merge(file: string, who: Person = ann, atMs: number = noonMs): string {
    const back = this.git(["rev-parse", "--abbrev-ref", "HEAD"])
    this.git(["switch", "--quiet", "-c", "topic"])
    this.commit([file], who, atMs)
    this.git(["switch", "--quiet", back])
    this.git(["merge", "--quiet", "--no-ff", "-m", "merge", "topic"], who, atMs)
    this.git(["branch", "--quiet", "-d", "topic"])
    return this.git(["rev-parse", "HEAD"])
  }
}

export const folder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "farmops-git-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** An empty repository on branch main. */
export const repository = Effect.map(folder, (path) => {
  const made = new Repository(path)
  made.git(["init", "--quiet", "--initial-branch=main"])
  return made
})
