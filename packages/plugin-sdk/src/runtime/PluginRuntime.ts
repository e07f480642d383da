/** The plugins that an agent runs: what each may see, how it is, and the way to ask it. */
import { Context, type Effect, Schema, type SubscriptionRef } from "effect"
import type { Plugin } from "./Plugin.ts"

/** Who gave a verdict, as it goes into the hashed evidence. */
export interface PluginIdentity {
  readonly plugin_id: string
  readonly version: string
  /** Lowercase hex SHA-256 of the program that runs; null where the agent did not start it and cannot know. */
  readonly digest: string | null
  readonly protocol_version: number
}

/** How a plugin is reached. */
export type Obtained = "exec" | "socket" | "wasm" | "in_process"

/**
 * How far a plugin's process is held, as really reached on this machine:
 *
 * - `none`: it runs in this process, or the agent did not start it
 * - `process`: a process of its own with a scrubbed environment, resource limits and a watchdog
 * - `permission`: that, and Node's permission model, which its authors call a seat belt and no wall
 * - `bubblewrap`: namespaces of its own: no network, no file of the host but its program
 * - `wasm`: a module without imports in a thread that can be ended
 */
export type ConfinementLevel = "none" | "process" | "permission" | "bubblewrap" | "wasm"

/**
 * Where a plugin stands. `degraded` answers, but failed lately; `backoff` waits to be started again; `away` belongs to the folder
 * of sockets and is not there: what it asked for, or may ask for where it has not been there yet, is kept for it.
 */
export type PluginState = "starting" | "ready" | "degraded" | "backoff" | "away" | "deactivated"

/** Why a plugin is not used any more until its owner reloads it. The list is closed. */
export const deactivations = [
  "not_ready",
  "crash_budget",
  "digest_mismatch",
  "wrong_id",
  "bad_description",
  "unsupported_protocol",
  "bad_configuration",
  "source_not_allowed",
  "memory_limit",
  "cpu_limit",
  "process_limit",
  "disk_limit",
  "leak",
  "not_confined"
] as const
export type Deactivation = (typeof deactivations)[number]

/** How the owner sees one plugin. Codes and counts only. */
export interface PluginStatus {
  readonly id: string
  readonly version: string | null
  readonly digest: string | null
  readonly protocol_version: number | null
  readonly obtained: Obtained
  readonly state: PluginState
  /** Why it is deactivated; null in every other state. */
  readonly reason: Deactivation | null
  readonly confinement: ConfinementLevel
  /** Source types that it gets: those it declared and the manifest allows. */
  readonly sources: ReadonlyArray<string>
  /** Processes or threads that were needed so far. */
  readonly starts: number
  readonly pid: number | null
  readonly rss_bytes: number | null
  /** Faults since the agent started, by code. */
  readonly faults: Readonly<Record<string, number>>
  /** The last fault's code and time. */
  readonly last_fault: { readonly code: string; readonly at: string } | null
}

/** One plugin as the agent asks it. `verify` sees to starting and restarting, and never answers twice for one call. */
export interface RuntimePlugin extends Plugin {
  readonly id: string
  readonly identity: PluginIdentity
  /** By source type: JSON Pointers of what it may be sent, empty for everything. A type that is not here is not for it. */
  readonly sources: ReadonlyMap<string, ReadonlyArray<string>>
  /** The agent caught it at something that no restart cures, such as a name in a description: counts against it. */
  readonly blame: (code: Deactivation) => Effect.Effect<void>
}

/** The manifest, or a plugin in it, cannot be used as it is; what ran before goes on. */
export class ReloadRefused extends Schema.TaggedError<ReloadRefused>()("ReloadRefused", {
  /** Null where the manifest itself is wrong. */
  plugin: Schema.NullOr(Schema.String),
  reason: Schema.String
}) {
  override get message() {
    return this.plugin === null ? this.reason : `plugin ${this.plugin} was not reloaded: ${this.reason}`
  }
}

/** All plugins of one agent. */
export class PluginRuntime extends Context.Service<
  PluginRuntime,
  {
    /** Those that can be asked now or after a restart: all but the deactivated ones. */
    readonly plugins: Effect.Effect<ReadonlyArray<RuntimePlugin>>
    readonly status: SubscriptionRef.SubscriptionRef<ReadonlyArray<PluginStatus>>
    /**
     * Reads the manifest again. For each plugin: starts a new one, checks it, sends it the next calls, lets the old one finish
     * and stops it. Where the new one does not start, the old one goes on.
     */
    readonly reload: Effect.Effect<void, ReloadRefused>
  }
>()("@farmops/plugin-sdk/runtime/PluginRuntime") {}
