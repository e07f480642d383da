/** The harness's configuration file: which bot, which mind, which repositories. Unknown keys are refused, so a typing error is no setting. */
import { Schema } from "effect"
import { AgentAssignment, CapsEntry, ModesEntry } from "./AgentEntry.ts"
import { Account, BotAccount, eachOnce, HttpUrl, RepositoryName, Secret, Text, wholeNumber } from "./fileForms.ts"

const Anthropic = Schema.Struct({ provider: Schema.Literal("anthropic"), model: Text, api_key: Secret })

const Ollama = Schema.Struct({ provider: Schema.Literal("ollama"), model: Text, base_url: Schema.optionalKey(Text) })

const Llm = Schema.Union([Anthropic, Ollama]).annotate({
  expected: "provider anthropic with model and api_key, or provider ollama with model"
})

const Repository = Schema.Struct({
  owner: Account,
  name: RepositoryName,
  modes: Schema.optionalKey(ModesEntry),
  caps: Schema.optionalKey(CapsEntry),
  agents: Schema.Array(AgentAssignment).check(
    Schema.isMinLength(1),
    eachOnce(({ type }: AgentAssignment) => type, "each type of agent only once in a repository")
  )
})

/** One entry of `repos`. */
export type RepositoryEntry = typeof Repository.Type

/** `owner/name` in lowercase letters, as GitHub compares it. */
export const nameOf = ({ name, owner }: { readonly owner: string; readonly name: string }) =>
  `${owner}/${name}`.toLowerCase()

/** One account may ask 5,000 times an hour, and each repository is asked for at least once in its interval. */
const reposMax = 5_000

/** The whole file. */
export const HarnessFile = Schema.Struct({
  identity: Schema.Struct({
    github_token: Secret,
    github_user: BotAccount,
    /** Where GitHub's REST API is, for an Enterprise Server. */
    api_url: Schema.optionalKey(HttpUrl)
  }),
  llm: Llm,
  // GitHub asks pollers to leave a minute between two looks; less is for a server of one's own.
  polling: Schema.optionalKey(Schema.Struct({ interval_seconds: wholeNumber(1, 86_400) })),
  /** Where decisions are remembered; a file of its own in the home folder when it is left out. */
  memory: Schema.optionalKey(Schema.Struct({ path: Text })),
  /** Whatever else the file says, nothing is done on GitHub. */
  dry_run: Schema.optionalKey(Schema.Boolean),
  /** For every repository that says nothing else. */
  modes: Schema.optionalKey(ModesEntry),
  /** For all repositories together; each has bounds of its own beside them. */
  caps: Schema.optionalKey(CapsEntry),
  /** Where the proofs of decisions are scored. Without it they stay here. */
  tracker: Schema.optionalKey(Schema.Struct({ url: HttpUrl, api_key: Schema.optionalKey(Secret) })),
  repos: Schema.Array(Repository).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(reposMax),
    eachOnce(nameOf, "each repository only once")
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

/** The same in a line. `name` is the file's, as the person wrote it. */
export const soundLine = (name: string, file: HarnessFile): string => {
  const { github_user, interval_seconds, llm, repos } = summaryOf(file)
  const count = repos.length === 1 ? "1 repository" : `${repos.length} repositories`
  return `${name} is sound: ${count} (${repos.join(", ")}) as ${github_user}, ${llm}, every ${interval_seconds} s`
}
