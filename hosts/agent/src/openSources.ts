/** From what agent.yaml says to what the agent watches. Nothing is asked of the outside yet but what a wrong setting would break. */
import { resolve } from "node:path"
import { exitCodes } from "@farmops/core/host/exitCodes"
import type { Source } from "@farmops/plugin-sdk/contract/Source"
import { makeAlertmanagerSource } from "@farmops/plugin-sdk/sources/alertmanager/AlertmanagerSource"
import { makeCommandSource } from "@farmops/plugin-sdk/sources/command/CommandSource"
import { makeFileSource } from "@farmops/plugin-sdk/sources/file/FileSource"
import { openGitRepository } from "@farmops/plugin-sdk/sources/GitRepository"
import { makeHttpSource } from "@farmops/plugin-sdk/sources/http/HttpSource"
import { makeKubernetesSource } from "@farmops/plugin-sdk/sources/kubernetes/KubernetesSource"
import { fieldsOfPlugins } from "@farmops/plugin-sdk/sources/kubernetes/keepFields"
import { makePushSource } from "@farmops/plugin-sdk/sources/push/PushSource"
import type { Receiver } from "@farmops/plugin-sdk/sources/receive/Receiver"
import { makeScheduleSource } from "@farmops/plugin-sdk/sources/schedule/ScheduleSource"
import { makeWebhookSource } from "@farmops/plugin-sdk/sources/webhook/WebhookSource"
import { Effect, Runtime, Schema } from "effect"
import type { AgentFile } from "./AgentConfig.ts"
import { followFields } from "./askedFields.ts"
import { gitSource } from "./gitSource.ts"
import type { SourceEntry } from "./SourceEntry.ts"
import type { AgentSource, SourceContext, Watched } from "./Watching.ts"

/** Two settings of agent.yaml do not go together, or one is missing that only another makes necessary. */
export class SourceMisconfigured extends Schema.TaggedError<SourceMisconfigured>()("SourceMisconfigured", {
  source: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `source ${this.source}: ${this.reason}`
  }
  override readonly [Runtime.errorExitCode] = exitCodes.config
}

/** What sources are opened with. Paths in the file are relative to `folder`. */
export interface OpenOptions extends SourceContext {
  readonly folder: string
}

type Repository = NonNullable<AgentFile["repository"]>

const openRepository = (folder: string, { bots, identities, path, window_days }: Repository, name: string) =>
  openGitRepository({
    path: resolve(folder, path),
    ...(identities && { identities }),
    ...(bots && { bots }),
    ...(window_days && { windowDays: window_days })
  }).pipe(Effect.map((repository) => gitSource(repository, false, name)))

const beside = (folder: string, path: string | undefined): string | undefined =>
  path === undefined ? undefined : resolve(folder, path)

const openEntry = Effect.fnUntraced(function* (
  entry: Exclude<SourceEntry, { readonly type: "git" }>,
  file: AgentFile,
  { folder, memoryOf, pluginFields }: OpenOptions
) {
  const given = "actor" in entry ? entry.actor : undefined
  const actor = given ?? file.actor?.identifier
  const { name } = entry
  if (entry.type === "webhook" && entry.sender !== "webhook") {
    const source = yield* makeWebhookSource(entry)
    return { source, receiver: source }
  }
  if (actor === undefined) {
    const reason = "it is not told whose work it sees: actor is expected here, or actor.identifier for the whole agent"
    return yield* new SourceMisconfigured({ source: name, reason })
  }
  const type =
    ("actor_type" in entry ? entry.actor_type : undefined) ?? (given === undefined ? file.actor?.type : undefined)
  const who = { actor, ...(type !== undefined && { actor_type: type }) }
  switch (entry.type) {
    case "webhook": {
      const source = yield* makeWebhookSource({ ...entry, ...who })
      return { source, receiver: source }
    }
    case "alertmanager": {
      const ca_file = beside(folder, entry.poll?.ca_file)
      const poll = entry.poll === undefined ? undefined : { ...entry.poll, ...(ca_file !== undefined && { ca_file }) }
      const options = { ...entry, ...who, ...(poll !== undefined && { poll }) }
      const source = yield* makeAlertmanagerSource(options, yield* memoryOf(name))
      return { source, receiver: entry.webhook === undefined ? null : source }
    }
    case "http": {
      const ca_file = beside(folder, entry.ca_file)
      const source = yield* makeHttpSource(
        { ...entry, ...who, ...(ca_file !== undefined && { ca_file }) },
        yield* memoryOf(name)
      )
      return { source, receiver: null }
    }
    case "file": {
      const options = { ...entry, ...who, folder: resolve(folder, entry.folder) }
      return { source: yield* makeFileSource(options, yield* memoryOf(name)), receiver: null }
    }
    case "command":
      return { source: yield* makeCommandSource({ ...entry, ...who }, yield* memoryOf(name)), receiver: null }
    case "schedule":
      return { source: yield* makeScheduleSource({ ...entry, ...who }, yield* memoryOf(name)), receiver: null }
    case "push": {
      const files = { socket: resolve(folder, entry.socket), token_file: resolve(folder, entry.token_file) }
      return { source: yield* makePushSource({ ...entry, ...who, ...files }), receiver: null }
    }
    case "kubernetes": {
      const kubeconfig = beside(folder, entry.kubeconfig)
      const askedFields = Effect.map(pluginFields.asked(entry.type), fieldsOfPlugins)
      const options = { ...entry, ...who, ...(kubeconfig !== undefined && { kubeconfig }), askedFields }
      const source = yield* makeKubernetesSource(options)
      return { source: followFields(source, pluginFields), receiver: null }
    }
  }
})

/** Opens all of them in the present scope. Fails with the first whose settings cannot work. */
export const openSources = Effect.fn("openSources")(
  function* (file: AgentFile, options: OpenOptions) {
    const entries = file.sources ?? []
    const repositories: Array<AgentSource> = []
    const sources: Array<Source> = []
    const receivers: Array<Pick<Receiver, "routes">> = []
    const names = new Set<string>()
    if (file.repository !== undefined) {
      names.add("git")
      repositories.push(yield* openRepository(options.folder, file.repository, "git"))
    }
    for (const entry of entries) {
      if (names.has(entry.name)) {
        return yield* new SourceMisconfigured({ source: entry.name, reason: "another source has that name" })
      }
      names.add(entry.name)
      if (entry.type === "git") {
        repositories.push(yield* openRepository(options.folder, entry, entry.name))
        continue
      }
      const { receiver, source } = yield* openEntry(entry, file, options)
      sources.push(source)
      if (receiver !== null) receivers.push(receiver)
    }
    return { repositories, sources, receivers } satisfies Watched
  },
  Effect.catchTag("SourceFailed", ({ reason, source }) => Effect.fail(new SourceMisconfigured({ source, reason })))
)
