/** What one agent watches, opened and ready to run. */
import type { Observation } from "@farmops/plugin-sdk/contract/Observation"
import type { Source } from "@farmops/plugin-sdk/contract/Source"
import type { Receiver } from "@farmops/plugin-sdk/sources/receive/Receiver"
import type { SourceMemory } from "@farmops/plugin-sdk/sources/SourceMemory"
import { Context, type Effect, type Stream } from "effect"
import type { PluginFields } from "./askedFields.ts"

/** A repository. `backlog` may be run again from its beginning: what is settled is passed over. */
export interface AgentSource {
  /** As the operator calls it. */
  readonly name: string
  readonly info: { readonly kind: string; readonly whose: string; readonly sample: boolean }
  readonly backlogCount: number
  readonly backlog: Stream.Stream<Observation, { readonly _tag: string }>
  readonly follow: Stream.Stream<Observation, { readonly _tag: string }>
}

/** Repositories, and everything else. */
export interface Watched {
  readonly repositories: ReadonlyArray<AgentSource>
  /** Those that may see an event only once: what they hand over is kept until it is settled. */
  readonly sources: ReadonlyArray<Source>
  /** Those of `sources` that are called over HTTP. */
  readonly receivers: ReadonlyArray<Pick<Receiver, "routes">>
}

/** Gives the source of that name what it remembers between two starts. */
export type MemoryOf = (name: string) => Effect.Effect<SourceMemory>

/** What sources are given of the agent around them. */
export interface SourceContext {
  readonly memoryOf: MemoryOf
  readonly pluginFields: PluginFields
}

/** What the agent of this process watches. */
export class Watching extends Context.Service<Watching, Watched>()("@farmops/agent/Watching") {}
