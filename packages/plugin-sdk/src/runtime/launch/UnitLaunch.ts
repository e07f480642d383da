/** One start of a unit: a process, a thread or a connection, and the plugins behind it. However it is made, it is asked alike. */
import { type Effect, Schema, type Scope } from "effect"
import type { PluginDescription } from "../../contract/Verdict.ts"
import type { Plugin } from "../Plugin.ts"
import { type ConfinementLevel, type Deactivation, deactivations, type Obtained } from "../PluginRuntime.ts"

/** It did not come as far as its first observation. `detail` is for its owner: it may hold the plugin's own words. */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", {
  /** Null where the fault is its unit's. */
  plugin: Schema.NullOr(Schema.String),
  reason: Schema.Literals(deactivations),
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** Makes the failures of one plugin. */
export const startFailed = (plugin: string | null) => (reason: Deactivation, detail: string) =>
  new StartFailed({ plugin, reason, detail })

/** The detail of a plugin whose description breaks a rule of the contract. */
export const outsideContract = "its description is outside the contract"

/** How a start ended by itself. `stuck`: it was alive and answered nothing any more. */
export interface UnitEnd {
  readonly code: "crashed" | "stuck" | "memory_limit" | "cpu_limit" | "process_limit" | "disk_limit"
  /** For its owner. */
  readonly detail: string
}

/** One plugin of a unit that has started, not yet checked. */
export interface Asked {
  /** Waits until it can be asked; the caller bounds the time. */
  readonly describe: Effect.Effect<PluginDescription, StartFailed>
  /** JSON in UTF-8, no bytes where the manifest has none. */
  readonly configure: (configuration: Uint8Array) => Effect.Effect<void, StartFailed>
  /** `late`: it did not answer within the time; `gone`: nobody listens any more. */
  readonly look: (timeoutMs: number) => Effect.Effect<"alive" | "late" | "gone">
  readonly verify: Plugin["verify"]
}

/** What was started. It ends with its scope. */
export interface LaunchedUnit {
  readonly asked: ReadonlyMap<string, Asked>
  readonly confinement: ConfinementLevel
  readonly digest: string | null
  readonly pid: number | null
  /** Resident memory of all its processes, as last seen. */
  readonly rssBytes: () => number | null
  /** Lowers what the manifest allows, once the plugins have said what they want. */
  readonly lower: (limits: { readonly memoryMib: number; readonly cpuPercent: number }) => void
  /** Succeeds when it is gone without having been asked to go. */
  readonly ended: Effect.Effect<UnitEnd>
}

/** How a unit is started, as often as it takes. */
export interface UnitLauncher {
  readonly obtained: Obtained
  /** Of each start, until one is known. */
  readonly confinement: ConfinementLevel
  /** Whether to look now and then whether it is alive. What runs in this process is. */
  readonly isWatched: boolean
  readonly launch: Effect.Effect<LaunchedUnit, StartFailed, Scope.Scope>
}
