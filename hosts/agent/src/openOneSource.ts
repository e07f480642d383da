/** One source of an agent's file, opened without the agent: nothing that it sees is kept, and what it remembers ends with the process. */
import { dirname, resolve } from "node:path"
import { loadYamlConfig } from "@farmops/core/config/loadYamlConfig"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import { type ObservationSink, SourceFailed } from "@farmops/plugin-sdk/contract/Source"
import { layerReceiverServer } from "@farmops/plugin-sdk/sources/receive/Receiver"
import { makeSourceMemoryInRam } from "@farmops/plugin-sdk/sources/SourceMemory"
import { Effect, Layer, Stream } from "effect"
import { AgentFile, hooksDefault } from "./AgentConfig.ts"
import { openSources, SourceMisconfigured } from "./openSources.ts"
import type { AgentSource } from "./Watching.ts"

/** Which source, and what the plugin that is to see it asks for. */
export interface OneSourceOptions {
  readonly file: string
  readonly name: string
  readonly environment: Environment
  /** What is kept of an object of a source of this type: none for everything. */
  readonly fieldsOf: (sourceType: string) => ReadonlyArray<string>
}

/** The source. Where it is called over HTTP, it listens where the agent would. */
export interface OneSource {
  readonly name: string
  readonly sourceType: string
  /** Runs until it is interrupted; of a repository, the backlog first. */
  readonly run: (sink: ObservationSink) => Effect.Effect<void, SourceFailed>
}

/** What of an agent's file concerns whoever plays to one plugin what one source sees. */
export interface PlayedFile {
  readonly clusterAlias: string
  /** The plugins' manifest; null where the file names none. */
  readonly manifest: string | null
}

const repositoryName = "git"

const readFile = ({ environment, file }: Pick<OneSourceOptions, "environment" | "file">) =>
  loadYamlConfig(file, AgentFile, environment)

/** Reads the file alone. */
export const readPlayedFile = Effect.fnUntraced(function* (options: Pick<OneSourceOptions, "environment" | "file">) {
  const { cluster_alias, plugins } = yield* readFile(options)
  const manifest = plugins === undefined ? null : resolve(dirname(options.file), plugins)
  return { clusterAlias: cluster_alias ?? "local", manifest } satisfies PlayedFile
})

const onlyOne = (file: AgentFile, name: string): AgentFile | null => {
  const { repository, sources = [], ...rest } = file
  if (repository !== undefined && name === repositoryName) return { ...rest, repository }
  const wanted = sources.filter((entry) => entry.name === name)
  return wanted.length === 0 ? null : { ...rest, sources: wanted }
}

const namesOf = ({ repository, sources = [] }: AgentFile): string =>
  [...(repository === undefined ? [] : [repositoryName]), ...sources.map(({ name }) => name)].join(", ")

const runRepository = ({ backlog, follow, name }: AgentSource): OneSource => ({
  name,
  sourceType: repositoryName,
  run: (sink) =>
    Stream.runForEach(Stream.concat(backlog, follow), sink.put).pipe(
      Effect.mapError(({ _tag }) => new SourceFailed({ source: name, reason: `it cannot be read now (${_tag})` }))
    )
})

/** Opens it in the present scope. */
export const openOneSource = Effect.fn("openOneSource")(function* (options: OneSourceOptions) {
  const whole = yield* readFile(options)
  const file = onlyOne(whole, options.name)
  if (file === null) {
    const reason = `it is not in ${options.file}, which has: ${namesOf(whole) || "none"}`
    return yield* new SourceMisconfigured({ source: options.name, reason })
  }
  const { receivers, repositories, sources } = yield* openSources(file, {
    folder: dirname(resolve(options.file)),
    memoryOf: () => makeSourceMemoryInRam,
    pluginFields: {
      asked: (sourceType) => Effect.succeed([options.fieldsOf(sourceType)]),
      changed: () => Effect.never
    }
  })
  if (receivers.length > 0) {
    const { host_names, ...hooks } = file.hooks ?? {}
    yield* Layer.build(
      layerReceiverServer(receivers, { ...hooksDefault, ...hooks, ...(host_names && { hostNames: host_names }) })
    )
  }
  const [repository] = repositories
  const [source] = sources
  if (repository !== undefined) return runRepository(repository)
  if (source === undefined) return yield* Effect.die("a file with one source opens one")
  return { name: source.name, sourceType: source.sourceType, run: source.run } satisfies OneSource
})
