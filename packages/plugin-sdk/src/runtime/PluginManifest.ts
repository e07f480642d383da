/** `farmops-plugins.yaml`: which plugins an agent runs, how it obtains each, what each may see, and how far it may go. */
import type { BackOff } from "@farmops/core/http/backOff"
import { Schema } from "effect"
import type { ConfinementLevel } from "./PluginRuntime.ts"

const said = (pattern: RegExp, message: string) => Schema.String.check(Schema.isPattern(pattern, { message }))

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(
    Schema.isBetween({ minimum, maximum }, { message: `a whole number from ${minimum} to ${maximum} is expected` })
  )

const seconds = (maximum: number) =>
  Schema.Finite.check(
    Schema.isBetween({ minimum: 0.1, maximum }, { message: `a number of seconds from 0.1 to ${maximum} is expected` })
  )

const optional = Schema.optionalKey

/** A plugin's id, short enough to be the name of a socket's file. */
const PluginId = said(
  /^(?=.{3,70}$)[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/,
  "an id like farmops/git-history is expected, of at most 70 characters"
)
const SourceType = said(/^[a-z][a-z0-9-]{0,63}$/, "a source type like git is expected")
const Pointer = said(/^(\/([^~/]|~[01])*)+$/, "a JSON Pointer like /object/data/tls.crt is expected")
// The system takes what follows a NUL for nothing, or the whole for a fault.
const noNul = Schema.makeFilter((text: string) =>
  text.includes("\0") ? "a text without a NUL is expected" : undefined
)
const Path = Schema.NonEmptyString.check(noNul)
const Digest = said(/^(sha256:)?[0-9a-f]{64}$/, "a SHA-256 of 64 lowercase hex digits is expected")

const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/
const reserved = (name: string) => name.startsWith("FARMOPS_PLUGIN_")
const nameFault = (name: string): string | undefined => {
  if (!environmentName.test(name)) return "the name of an environment variable is expected"
  return reserved(name) ? "names that begin with FARMOPS_PLUGIN_ are the agent's own" : undefined
}

/** A name, taken from the agent's environment where it is set there, or a name with its value. */
const Variable = Schema.Union([
  Schema.String.check(Schema.makeFilter((name: string) => nameFault(name))),
  Schema.Record(Schema.String, Schema.String.check(noNul)).check(
    Schema.makeFilter((pair: Readonly<Record<string, string>>) => {
      const [name, ...more] = Object.keys(pair)
      return name === undefined || more.length > 0 ? "one NAME: value is expected" : nameFault(name)
    })
  )
])

const Exec = Schema.Struct({
  /** Looked up on the PATH; one that begins with `./` or `../` is taken from the manifest's folder. So are arguments. */
  command: Path,
  args: optional(Schema.Array(Schema.String.check(noNul))),
  /** Of the program's file; of the script where the command is an interpreter. */
  digest: optional(Digest)
})
const Socket = Schema.Struct({ path: Path, token: optional(Schema.RedactedFromValue(Schema.NonEmptyString)) })
const Wasm = Schema.Struct({ module: Path, digest: optional(Digest) })

const Limits = Schema.Struct({
  ready_seconds: optional(seconds(300)),
  call_seconds: optional(seconds(600)),
  stop_seconds: optional(seconds(60)),
  memory_mib: optional(whole(16, 65_536)),
  cpu_percent: optional(whole(1, 6_400)),
  open_files: optional(whole(16, 65_536)),
  processes: optional(whole(1, 4_096))
})

const Restart = Schema.Struct({
  policy: optional(Schema.Literals(["always", "never"])),
  crash_budget: optional(whole(0, 1_000)),
  window_seconds: optional(whole(1, 86_400)),
  backoff_first_ms: optional(whole(1, 60_000)),
  backoff_max_ms: optional(whole(1, 3_600_000))
})

const levels = ["process", "permission", "bubblewrap"] as const

/** What a process may have, whether it serves one plugin or several. */
const process = {
  environment: optional(Schema.Array(Variable)),
  /** Files and folders that it may read in confinement, from the manifest's folder; without it, what its program is made of. */
  readable: optional(Schema.Array(Path)),
  limits: optional(Limits),
  restart: optional(Restart),
  /** The level to run at; `auto` is the highest that this machine has. */
  confinement: optional(Schema.Literals(["auto", ...levels])),
  /** A level below which it does not run at all. */
  require_confinement: optional(Schema.Literals(levels))
}

const ways = ["exec", "host", "socket", "wasm", "oci"] as const
const expectedWay = "exactly one of exec, host, socket and wasm is expected"

const PluginEntry = Schema.Struct({
  id: PluginId,
  exec: optional(Exec),
  /** One of `hosts`: a process that serves several plugins. */
  host: optional(Schema.NonEmptyString),
  socket: optional(Socket),
  wasm: optional(Wasm),
  oci: optional(Schema.Unknown),
  /** Source types that it may see; without it, all that it declares. */
  sources: optional(Schema.Array(SourceType)),
  /** By source type: fields with the data of Secrets that it may see, spelt as it declares them. Without it, none. */
  secrets: optional(Schema.Record(SourceType, Schema.Array(Pointer))),
  /** Held against the JSON Schema that the plugin publishes. */
  configuration: optional(Schema.Unknown),
  ...process
}).check(
  Schema.makeFilter((entry) => {
    if (entry.oci !== undefined) return { path: ["oci"], issue: "is not supported yet" }
    const given = ways.filter((way) => entry[way] !== undefined)
    if (given.length !== 1) return given[1] === undefined ? expectedWay : { path: [given[1]], issue: expectedWay }
    const way = given[0]
    for (const key of ["environment", "readable", "confinement", "require_confinement", "restart", "limits"] as const) {
      if (entry[key] === undefined || way === "exec") continue
      if (way === "host") return { path: [key], issue: "belongs to the host, since its plugins share one process" }
      if (key === "limits" || key === "restart") continue
      return { path: [key], issue: "is for plugins that the agent starts as a process" }
    }
    return undefined
  })
)

/** One plugin as the file has it. */
export type PluginEntry = typeof PluginEntry.Type

const HostEntry = Schema.Struct({ ...Exec.fields, ...process })

/** The file as it is written. */
export const ManifestFile = Schema.Struct({
  plugins: optional(Schema.Array(PluginEntry).check(Schema.isMaxLength(256))),
  /** Processes that serve several plugins each, by a name for `host`. */
  hosts: optional(Schema.Record(said(/^[a-z][a-z0-9-]{0,62}$/, "a name like first-party is expected"), HostEntry)),
  /** A folder in which plugins that somebody else starts put their sockets, each as `NAME.sock`. */
  socket_directory: optional(
    Schema.Struct({
      path: Path,
      token_file: optional(Path),
      sources: optional(Schema.Array(SourceType)),
      /** The plugins that belong there, each of which is waited for; without it, whoever comes. */
      plugins: optional(Schema.Array(PluginId).check(Schema.isMaxLength(64), Schema.isUnique()))
    })
  )
}).check(
  Schema.makeFilter((file) => {
    // Most likely it is just being written, and what runs is not to end for that.
    if (file.plugins === undefined && file.hosts === undefined && file.socket_directory === undefined) {
      return "plugins or a socket_directory is expected; `plugins: []` stands for none at all"
    }
    const seen = new Set<string>()
    for (const [at, { host, id }] of (file.plugins ?? []).entries()) {
      if (seen.has(id)) return { path: ["plugins", at, "id"], issue: "another plugin has this id already" }
      seen.add(id)
      if (host !== undefined && file.hosts?.[host] === undefined) {
        return { path: ["plugins", at, "host"], issue: "the name of one of the hosts of this file is expected" }
      }
    }
    for (const [at, id] of (file.socket_directory?.plugins ?? []).entries()) {
      if (seen.has(id))
        return { path: ["socket_directory", "plugins", at], issue: "another plugin has this id already" }
    }
    for (const name of Object.keys(file.hosts ?? {})) {
      if (!(file.plugins ?? []).some(({ host }) => host === name)) {
        return { path: ["hosts", name], issue: "no plugin names this host" }
      }
    }
    return undefined
  })
)
export type ManifestFile = typeof ManifestFile.Type

/** How long and how much, for one process. */
export interface UnitLimits {
  readonly readyMsMax: number
  readonly callMsMax: number
  readonly stopMsMax: number
  readonly memoryMibMax: number
  readonly cpuPercentMax: number
  readonly openFilesMax: number
  readonly processesMax: number
}

/** When a process that ended is started again, and when not any more. */
export interface RestartPolicy {
  /** False where the first end is the last. */
  readonly again: boolean
  /** How often it may end within the window; once more, and it is deactivated. */
  readonly crashBudget: number
  readonly windowMs: number
  /** The pauses before it is started again. */
  readonly backOff: BackOff
}

/** Limits where the manifest has none. */
export const defaultUnitLimits: UnitLimits = {
  // Node itself needs about 0.2 s; a machine that starts everything at once, a hundred times that.
  readyMsMax: 20_000,
  // A verdict is a function of one message.
  callMsMax: 5_000,
  stopMsMax: 2_000,
  // Four times an idle Node.
  memoryMibMax: 256,
  // One core: a process that needs more for half a minute is not waiting for observations.
  cpuPercentMax: 100,
  openFilesMax: 256,
  processesMax: 64
}

/** The same for a WebAssembly module: its memory is its own, and it has nothing to wait for. */
export const wasmLimits: UnitLimits = {
  ...defaultUnitLimits,
  readyMsMax: 5_000,
  callMsMax: 1_000,
  // The largest observation and the largest answer, with room to work.
  memoryMibMax: 32
}

/** The restart policy where the manifest has none. */
export const defaultRestart: RestartPolicy = {
  again: true,
  // A sixth crash within a minute is a broken plugin; starting it for ever would hide that.
  crashBudget: 5,
  windowMs: 60_000,
  backOff: { firstMs: 100, maxMs: 30_000 }
}

/** What the manifest says of one plugin, whoever its process belongs to. */
export interface PluginSettings {
  readonly id: string
  /** Null allows all that it declares. */
  readonly sources: ReadonlyArray<string> | null
  readonly secrets: Readonly<Record<string, ReadonlyArray<string>>>
  /** Undefined where the manifest has none. */
  readonly configuration: unknown
  /** A sentence about the configuration, with the file, the line and the path of what it complains of. */
  readonly complain: (path: ReadonlyArray<PropertyKey>, expected: string) => string
}

/** What is started or reached. */
export type UnitProgram =
  | {
      readonly kind: "exec"
      readonly command: string
      readonly args: ReadonlyArray<string>
      readonly digest: string | null
      readonly environment: Readonly<Record<string, string>>
      /** Null leaves it to whoever confines. */
      readonly readable?: ReadonlyArray<string> | null
      /** Whether it serves several plugins in a folder of sockets. */
      readonly shared: boolean
      readonly confinement: "auto" | Exclude<ConfinementLevel, "none" | "wasm">
      readonly requireConfinement: Exclude<ConfinementLevel, "none" | "wasm"> | null
    }
  | { readonly kind: "socket"; readonly path: string; readonly token: string }
  | { readonly kind: "wasm"; readonly module: string; readonly digest: string | null }

/** One process, thread or socket, as whoever keeps it running sees it: the plugins that it serves, and how far it may go. */
export interface UnitSettings {
  /** The plugin's id, or `host:` and the host's name; the same at every reading of the manifest. */
  readonly key: string
  readonly plugins: ReadonlyArray<PluginSettings>
  readonly limits: UnitLimits
  readonly restart: RestartPolicy
}

/** The same with what is to be started. */
export interface UnitSpec extends UnitSettings {
  readonly program: UnitProgram
}

/** A folder that is watched for sockets. */
export interface SocketDirectory {
  readonly path: string
  readonly token: string
  readonly sources: ReadonlyArray<string> | null
  /** The ids that belong there; null lets any in. */
  readonly plugins: ReadonlyArray<string> | null
}

/** The manifest, checked, with every default filled in. */
export interface PluginManifest {
  readonly units: ReadonlyArray<UnitSpec>
  readonly socketDirectory: SocketDirectory | null
}
