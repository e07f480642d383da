/** `farmops harness init`: writes a file for one repository from what GitHub says of it. Everything in it is shadow, so that nothing is done yet. */
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { NodeServices } from "@effect/platform-node"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import { exitCodes } from "@farmops/core/host/exitCodes"
import { layerReads } from "@farmops/harness/layer"
import { GitHubReads } from "@farmops/triage/GitHubReads"
import { wordsForLabel } from "@farmops/triage/review/wordsForLabel"
import { Effect, Option, Redacted } from "effect"
import { CommandFailed } from "./CommandFailed.ts"
import { orCommandFailed } from "./harnessFailure.ts"
import { Printer } from "./Printer.ts"
import { writeWhole } from "./writeWhole.ts"

/** What the command is told. */
export interface InitOptions {
  readonly repository: string
  readonly file: string
  readonly mind: "keyword" | "classifier" | "llm"
  readonly apiUrl: Option.Option<string>
  readonly force: boolean
  readonly cwd: string
  readonly environment: Environment
}

const repositoryPattern = /^([A-Za-z0-9](?:-?[A-Za-z0-9]){0,38})\/([A-Za-z0-9._-]{1,100})$/

const usage = (detail: string, cure: string) =>
  new CommandFailed({ code: "usage", detail, cure, exitCode: exitCodes.usage })

/** What the file is made of. */
export interface InitFacts {
  readonly owner: string
  readonly name: string
  readonly login: string
  readonly labels: ReadonlyArray<string>
  readonly mind: InitOptions["mind"]
  readonly apiUrl: string | null
}

// A double-quoted scalar of YAML takes every text of JSON.
const quoted = (text: string): string => JSON.stringify(text)

const labelLines = (labels: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = labels.flatMap((label) => {
    const words = wordsForLabel(label)
    return words.length === 0 ? [] : [`            ${quoted(label)}: [${words.map(quoted).join(", ")}]`]
  })
  return known.length === 0
    ? [
        "          # none of the repository's labels is known by name: list those that it may use, each with its words",
        "          labels: {}"
      ]
    : ["          labels:                    # no other label is ever touched", ...known]
}

/** The file's text. Pure. */
export const initText = ({ apiUrl, labels, login, mind, name, owner }: InitFacts): string =>
  [
    "# The harness of one repository. Check it with: farmops harness doctor --config FILE",
    "identity:",
    '  github_token: "${GITHUB_TOKEN}"    # of the bot\'s own account; issues: read and write',
    `  github_user: ${quoted(login)}`,
    ...(apiUrl === null ? [] : [`  api_url: ${quoted(apiUrl)}`]),
    "",
    "# Asked by agents whose mind is llm. To use another model, change this and their mind.",
    "llm:",
    ...(mind === "llm"
      ? ["  provider: anthropic", "  model: claude-sonnet-4-6", '  api_key: "${ANTHROPIC_API_KEY}"']
      : ["  provider: ollama", "  model: llama3.2:3b"]),
    "",
    "polling:",
    "  interval_seconds: 60",
    "",
    "# off: never. shadow: into the log only. propose: waits for your yes. live: done.",
    "# `farmops harness report` says which line has earned to be changed.",
    "modes: { add_label: shadow, remove_label: shadow, comment: shadow, close: off }",
    "",
    "repos:",
    `  - owner: ${quoted(owner)}`,
    `    name: ${quoted(name)}`,
    "    agents:",
    "      - type: issue-triage",
    `        mind: ${mind}`,
    "        config:",
    ...labelLines(labels),
    "          allow_close: false         # closing also needs modes: { close: live }",
    ""
  ].join("\n")

const readFacts = Effect.fnUntraced(function* (options: InitOptions) {
  const [, owner = "", name = ""] = repositoryPattern.exec(options.repository) ?? []
  if (owner === "") {
    return yield* usage(`${JSON.stringify(options.repository)} is no repository.`, "Name it as owner/repo.")
  }
  const token = options.environment.GITHUB_TOKEN ?? ""
  if (token === "") return yield* usage("GITHUB_TOKEN is not set.", "Set it to a token of the bot's own account.")
  const apiUrl = Option.getOrNull(options.apiUrl)
  const identity = {
    github_token: Redacted.make(token, { label: "secret" }),
    github_user: "unknown",
    ...(apiUrl === null ? {} : { api_url: apiUrl })
  }
  return yield* Effect.gen(function* () {
    const reads = yield* GitHubReads
    const viewer = yield* reads.viewer
    const repository = yield* reads.repository(`${owner}/${name}`)
    const labels = yield* reads.listLabels(`${owner}/${name}`)
    const facts: InitFacts = { owner, name, login: viewer.login, labels, mind: options.mind, apiUrl }
    return { facts, repository }
  }).pipe(Effect.provide(layerReads({ identity, repos: [{ owner, name, agents: [{ type: "issue-triage" }] }] })))
})

/** Runs the command. Writes one file, and over none. */
export const harnessInit = Effect.fn("harnessInit")(
  function* (options: InitOptions) {
    const printer = yield* Printer
    const path = resolve(options.cwd, options.file)
    if (existsSync(path) && !options.force) {
      return yield* usage(
        `${options.file} is there already.`,
        "Name another with --file, or write over it with --force."
      )
    }
    const { facts, repository } = yield* readFacts(options)
    yield* writeWhole(path, initText(facts))
    const known = facts.labels.filter((label) => wordsForLabel(label).length > 0)
    if (printer.json) {
      return yield* printer.data({
        ok: true,
        file: path,
        login: facts.login,
        labels: known,
        may_triage: repository.mayTriage
      })
    }
    yield* printer.line(
      `${options.file} written for ${options.repository} as ${facts.login}: everything in shadow, closing off`
    )
    yield* printer.line(
      known.length === 0 ? "no label of it is known by name: list some under labels" : `labels: ${known.join(", ")}`
    )
    if (!repository.mayTriage) {
      yield* printer.line(`${facts.login} may not triage there yet: give it the role Triage before anything goes live`)
    }
    yield* printer.line(`next: farmops harness doctor --config ${options.file}`)
  },
  orCommandFailed,
  Effect.provide(NodeServices.layer)
)
