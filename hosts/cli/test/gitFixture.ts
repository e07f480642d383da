/** A git repository with a known history, made through `git fast-import` so that thousands of commits take a second. */
import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"

const identity = "Ann Farmer <ann@example.org>"

const env = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ann Farmer",
  GIT_AUTHOR_EMAIL: "ann@example.org",
  GIT_COMMITTER_NAME: "Ann Farmer",
  GIT_COMMITTER_EMAIL: "ann@example.org"
}

const git = (path: string, args: ReadonlyArray<string>, input?: string): string =>
  execFileSync("git", ["-C", path, ...args], {
    env,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "pipe"],
    ...(input === undefined ? {} : { input })
  })

/** Makes a repository on branch `main` whose `commits` commits each change one file, the last one an hour ago. */
export const makeRepository = (path: string, commits: number, everySeconds = 600): void => {
  mkdirSync(path, { recursive: true })
  git(path, ["init", "--quiet", "--initial-branch=main"])
  git(path, ["config", "user.name", "Ann Farmer"])
  git(path, ["config", "user.email", "ann@example.org"])
  const last = Math.floor(Date.now() / 1000) - 3600
  const files = ["src/app.ts", "deploy/service.yaml", "docs/guide.md", "test/app.test.ts", ".github/workflows/ci.yml"]
  const lines: Array<string> = []
  for (let i = 0; i < commits; i++) {
    const at = last - (commits - 1 - i) * everySeconds
    const text = `revision ${i}\n`
    const message = `change ${i}`
    lines.push(
      "commit refs/heads/main",
      `author ${identity} ${at} +0000`,
      `committer ${identity} ${at} +0000`,
      `data ${message.length}`,
      message,
      `M 100644 inline ${files[i % files.length]}`,
      `data ${text.length}`,
      text
    )
  }
  if (commits > 0) {
    git(path, ["fast-import", "--quiet"], `${lines.join("\n")}\n`)
    git(path, ["reset", "--quiet", "--hard", "main"])
  }
}

/** Adds one commit now, in the way a person would. */
export const commitNow = (path: string, file: string): void => {
  execFileSync("sh", ["-c", `mkdir -p "$(dirname "$1")" && date +%s%N >> "$1"`, "sh", `${path}/${file}`])
  git(path, ["add", "."])
  git(path, ["commit", "--quiet", "-m", "one more"])
}
