/** The harness's configuration file: which bot, which mind, which repositories. Unknown keys are refused, so a typing error is no setting. */
import { Schema } from "effect"

const Text = Schema.String.check(Schema.isMinLength(1))

/** A secret of the file: taken from the environment, printed as `<redacted>`. */
const Secret = Schema.RedactedFromValue(Text, { label: "secret" })

/** How GitHub spells an account: letters, digits and single hyphens inside. */
const Account = Schema.String.check(
  Schema.makeFilter(
    (text: string) => /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}$/.test(text) || "expected the name of a GitHub account"
  )
)

/** A bot's account ends in `[bot]` where it belongs to an app. */
const BotAccount = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:\[bot\])?$/.test(text) || "expected the name of a GitHub account"
  )
)

const RepositoryName = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      (/^[A-Za-z0-9._-]{1,100}$/.test(text) && text !== "." && text !== "..") ||
      "expected the name of a GitHub repository"
  )
)

const wholeNumber = (minimum: number, maximum: number) =>
  Schema.Int.check(
    Schema.makeFilter(
      (n: number) => (n >= minimum && n <= maximum) || `expected a whole number from ${minimum} to ${maximum}`
    )
  )

const Anthropic = Schema.Struct({ provider: Schema.Literal("anthropic"), model: Text, api_key: Secret })

const Ollama = Schema.Struct({ provider: Schema.Literal("ollama"), model: Text, base_url: Schema.optionalKey(Text) })

const Llm = Schema.Union([Anthropic, Ollama]).annotate({
  expected: "provider anthropic with model and api_key, or provider ollama with model"
})

/** What an issue-triage agent may be told. Everything that changes more than labels and one comment is off until said. */
const TriageConfig = Schema.Struct({
  stale_days: Schema.optionalKey(wholeNumber(1, 3650)),
  /** For each label, the words that call for it. */
  labels: Schema.optionalKey(Schema.Record(Text, Schema.Array(Text).check(Schema.isMinLength(1)))),
  allow_close: Schema.optionalKey(Schema.Boolean),
  allow_maintainer_issues: Schema.optionalKey(Schema.Boolean),
  allow_repeat_comments: Schema.optionalKey(Schema.Boolean)
})

const AgentAssignment = Schema.Struct({
  type: Schema.Literal("issue-triage"),
  config: Schema.optionalKey(TriageConfig)
})

const Repository = Schema.Struct({
  owner: Account,
  name: RepositoryName,
  agents: Schema.Array(AgentAssignment).check(Schema.isMinLength(1))
})

const nameOf = ({ name, owner }: { readonly owner: string; readonly name: string }) => `${owner}/${name}`.toLowerCase()

/** The whole file. */
export const HarnessFile = Schema.Struct({
  identity: Schema.Struct({ github_token: Secret, github_user: BotAccount }),
  llm: Llm,
  // GitHub asks pollers to leave a minute between two looks; less is for a server of one's own.
  polling: Schema.optionalKey(Schema.Struct({ interval_seconds: wholeNumber(1, 86_400) })),
  /** Where decisions are remembered; a file of its own in the home folder when it is left out. */
  memory: Schema.optionalKey(Schema.Struct({ path: Text })),
  repos: Schema.Array(Repository).check(
    Schema.isMinLength(1),
    Schema.makeFilter(
      (repos: ReadonlyArray<typeof Repository.Type>) =>
        new Set(repos.map(nameOf)).size === repos.length || "expected each repository only once"
    )
  )
})

/** See the schema of the same name. */
export type HarnessFile = typeof HarnessFile.Type

/** One look a minute, where the file says nothing. */
export const pollingDefaultSeconds = 60

/** What a person wants to read after a check: never a secret. */
export const summaryOf = ({ identity, llm, polling, repos }: HarnessFile) => ({
  github_user: identity.github_user,
  llm: `${llm.provider} ${llm.model}`,
  interval_seconds: polling?.interval_seconds ?? pollingDefaultSeconds,
  repos: repos.map(nameOf)
})
