/** Makes a small real repository with real git, for a newcomer who has none at hand. It is a sample and is labelled so wherever it shows. */
import { runProcess } from "@farmops/core/process/runProcess"
import { Clock, Effect, FileSystem, Path } from "effect"
import { GitUnavailable } from "./GitRepositoryError.ts"

interface Step {
  readonly daysAgo: number
  readonly who: "ada" | "linus"
  readonly files: ReadonlyArray<string>
  readonly lines: number
  readonly message: string
  readonly tag?: string
  readonly branch?: "start" | "merge"
}

const dayMs = 86_400_000

// Thirty days of a small team: code, tests, docs, pipelines, dependencies, a merge and two releases.
const steps: ReadonlyArray<Step> = [
  { daysAgo: 30, who: "ada", files: ["README.md", "LICENSE"], lines: 20, message: "Say what this is" },
  { daysAgo: 29, who: "ada", files: ["src/server.ts", "package.json"], lines: 80, message: "Serve a page" },
  { daysAgo: 28, who: "linus", files: ["src/health.ts"], lines: 30, message: "Answer health checks" },
  { daysAgo: 28, who: "ada", files: ["test/server.test.ts"], lines: 45, message: "Test the page" },
  { daysAgo: 27, who: "linus", files: [".github/workflows/ci.yml"], lines: 25, message: "Run the tests on every push" },
  {
    daysAgo: 26,
    who: "ada",
    files: ["src/server.ts", "src/config.ts"],
    lines: 60,
    message: "Read the port from a file"
  },
  { daysAgo: 23, who: "ada", files: ["deploy/deployment.yaml", "deploy/service.yaml"], lines: 70, message: "Deploy" },
  { daysAgo: 22, who: "linus", files: ["package-lock.json"], lines: 300, message: "Update dependencies" },
  { daysAgo: 22, who: "ada", files: ["CHANGELOG.md"], lines: 6, message: "Release", tag: "v0.1.0" },
  { daysAgo: 21, who: "ada", files: ["src/cache.ts"], lines: 90, message: "Cache answers", branch: "start" },
  { daysAgo: 20, who: "ada", files: ["test/cache.test.ts"], lines: 70, message: "Test the cache" },
  { daysAgo: 19, who: "ada", files: [], lines: 0, message: "Merge the cache", branch: "merge" },
  { daysAgo: 16, who: "linus", files: ["src/server.ts"], lines: 12, message: "Close idle connections" },
  {
    daysAgo: 15,
    who: "ada",
    files: ["SECURITY.md", ".github/dependabot.yml"],
    lines: 30,
    message: "Say how to report"
  },
  {
    daysAgo: 14,
    who: "linus",
    files: ["terraform/main.tf", "terraform/variables.tf"],
    lines: 120,
    message: "Describe the network"
  },
  { daysAgo: 13, who: "ada", files: ["docs/runbook.md"], lines: 60, message: "Write the runbook" },
  { daysAgo: 12, who: "linus", files: ["Dockerfile"], lines: 18, message: "Build smaller images" },
  {
    daysAgo: 9,
    who: "ada",
    files: ["src/health.ts", "test/health.test.ts"],
    lines: 40,
    message: "Check the store too"
  },
  { daysAgo: 8, who: "ada", files: ["deploy/deployment.yaml"], lines: 8, message: "Set limits" },
  {
    daysAgo: 7,
    who: "linus",
    files: ["package.json", "package-lock.json"],
    lines: 180,
    message: "Update dependencies"
  },
  { daysAgo: 6, who: "ada", files: ["src/metrics.ts", "src/server.ts"], lines: 110, message: "Count requests" },
  { daysAgo: 5, who: "linus", files: ["deploy/alerts.yaml"], lines: 40, message: "Alert on errors" },
  { daysAgo: 2, who: "ada", files: ["docs/alerts.md"], lines: 35, message: "Explain each alert" },
  { daysAgo: 1, who: "ada", files: ["src/metrics.ts", "test/metrics.test.ts"], lines: 55, message: "Measure latency" },
  { daysAgo: 0, who: "linus", files: ["CHANGELOG.md"], lines: 9, message: "Release", tag: "v0.2.0" }
]

const people = {
  ada: { name: "Sample Ada", email: "ada@sample.invalid" },
  linus: { name: "Sample Linus", email: "linus@sample.invalid" }
}

/** Makes the repository under `directory` unless it is there, and answers its path. It appears whole or not at all. */
export const makeSampleRepository = Effect.fn("makeSampleRepository")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const target = path.join(directory, "sample-repository")
  if (yield* fs.exists(path.join(target, ".git"))) return target
  const now = yield* Clock.currentTimeMillis
  const draft = path.join(directory, "sample-repository.new")
  yield* fs.remove(draft, { recursive: true, force: true })
  yield* fs.makeDirectory(draft, { recursive: true, mode: 0o700 })

  const git = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) {
    const result = yield* runProcess("git", ["-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false", ...args], {
      cwd: draft,
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...env },
      timeoutMs: 30_000,
      outputBytesMax: 1024 * 1024
    }).pipe(Effect.mapError((error) => new GitUnavailable({ reason: error.message })))
    if (result.exitCode !== 0) return yield* new GitUnavailable({ reason: `git ${args[0]} failed` })
  })

  const as = (step: Step, at: number): Readonly<Record<string, string>> => {
    const { email, name } = people[step.who]
    const date = `@${Math.floor(at / 1000)} +0000`
    return {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date
    }
  }

  const take = Effect.fnUntraced(function* (step: Step, number: number) {
    // Steps of one day lie an hour apart, and the newest is an hour ago.
    const env = as(step, now - step.daysAgo * dayMs - (steps.length - number + 1) * 60_000 - 3_600_000)
    if (step.branch === "merge") {
      yield* git(["switch", "--quiet", "main"])
      return yield* git(["merge", "--quiet", "--no-ff", "-m", step.message, "cache"], env)
    }
    if (step.branch === "start") yield* git(["switch", "--quiet", "-c", "cache"])
    for (const file of step.files) {
      const whole = path.join(draft, file)
      yield* fs.makeDirectory(path.dirname(whole), { recursive: true })
      const lines = Array.from({ length: step.lines }, (_, line) => `sample ${number} ${line}`)
      yield* fs.writeFileString(whole, `${lines.join("\n")}\n`)
    }
    yield* git(["add", "--all"])
    yield* git(["commit", "--quiet", "-m", step.message], env)
    if (step.tag !== undefined) yield* git(["tag", "-a", "-m", step.message, step.tag], env)
  })

  yield* git(["init", "--quiet"])
  for (const [number, step] of steps.entries()) yield* take(step, number)
  yield* fs.rename(draft, target)
  return target
})
