/** Reads `farmops-plugins.yaml` into units that can be started. Every complaint names the file, the line and what was expected. */
import { dirname, resolve } from "node:path"
import { ConfigInvalid } from "@farmops/core/config/ConfigInvalid"
import { type LoadedYaml, loadYamlDocument } from "@farmops/core/config/loadYamlConfig"
import type { Environment } from "@farmops/core/config/substituteEnvironment"
import { Effect, FileSystem, Redacted } from "effect"
import {
  defaultRestart,
  defaultUnitLimits,
  ManifestFile,
  type PluginEntry,
  type PluginManifest,
  type PluginSettings,
  type RestartPolicy,
  type SocketDirectory,
  type UnitLimits,
  type UnitProgram,
  type UnitSpec,
  wasmLimits
} from "./PluginManifest.ts"

type Host = NonNullable<ManifestFile["hosts"]>[string]
type Program = Pick<Host, "environment" | "readable" | "confinement" | "require_confinement">
type Exec = NonNullable<PluginEntry["exec"]>

// A token is a line; anything longer is the wrong file.
const tokenBytesMax = 4096

/** What else the manifest means, besides its text. */
interface Around {
  readonly folder: string
  readonly environment: Environment
  readonly complain: LoadedYaml<ManifestFile>["faultAt"]
}

const ms = (seconds: number | undefined, otherwise: number) =>
  seconds === undefined ? otherwise : Math.round(seconds * 1000)

const limitsOf = (given: PluginEntry["limits"] = {}, otherwise: UnitLimits = defaultUnitLimits): UnitLimits => ({
  readyMsMax: ms(given.ready_seconds, otherwise.readyMsMax),
  callMsMax: ms(given.call_seconds, otherwise.callMsMax),
  stopMsMax: ms(given.stop_seconds, otherwise.stopMsMax),
  memoryMibMax: given.memory_mib ?? otherwise.memoryMibMax,
  cpuPercentMax: given.cpu_percent ?? otherwise.cpuPercentMax,
  openFilesMax: given.open_files ?? otherwise.openFilesMax,
  processesMax: given.processes ?? otherwise.processesMax
})

const restartOf = (given: PluginEntry["restart"] = {}): RestartPolicy => {
  const firstMs = given.backoff_first_ms ?? defaultRestart.backOff.firstMs
  return {
    again: given.policy !== "never",
    crashBudget: given.crash_budget ?? defaultRestart.crashBudget,
    windowMs: ms(given.window_seconds, defaultRestart.windowMs),
    backOff: { firstMs, maxMs: Math.max(firstMs, given.backoff_max_ms ?? defaultRestart.backOff.maxMs) }
  }
}

const environmentOf = (allowed: Program["environment"], own: Environment): Readonly<Record<string, string>> => {
  const passed: Record<string, string> = {}
  for (const variable of allowed ?? []) {
    if (typeof variable !== "string") Object.assign(passed, variable)
    else if (own[variable] !== undefined) passed[variable] = own[variable]
  }
  return passed
}

const hexOf = (digest: string | undefined): string | null => digest?.replace("sha256:", "") ?? null

const fromFolder = (around: Around, text: string) => (/^\.\.?\//.test(text) ? resolve(around.folder, text) : text)

const execOf = (around: Around, exec: Exec, program: Program, shared: boolean): UnitProgram => ({
  kind: "exec",
  command: fromFolder(around, exec.command),
  args: (exec.args ?? []).map((arg) => fromFolder(around, arg)),
  digest: hexOf(exec.digest),
  environment: environmentOf(program.environment, around.environment),
  readable: program.readable?.map((path) => resolve(around.folder, path)) ?? null,
  shared,
  confinement: program.confinement ?? "auto",
  requireConfinement: program.require_confinement ?? null
})

const programOf = (around: Around, entry: PluginEntry): UnitProgram | null => {
  if (entry.exec !== undefined) return execOf(around, entry.exec, entry, false)
  if (entry.socket !== undefined) {
    const token = entry.socket.token === undefined ? "" : Redacted.value(entry.socket.token)
    return { kind: "socket", path: resolve(around.folder, entry.socket.path), token }
  }
  if (entry.wasm === undefined) return null
  return { kind: "wasm", module: resolve(around.folder, entry.wasm.module), digest: hexOf(entry.wasm.digest) }
}

const settingsOf = (around: Around, entry: PluginEntry, at: number): PluginSettings => ({
  id: entry.id,
  sources: entry.sources ?? null,
  secrets: entry.secrets ?? {},
  configuration: entry.configuration,
  complain: (path, expected) => around.complain(["plugins", at, "configuration", ...path], expected).message
})

const unitsOf = (around: Around, file: ManifestFile): ReadonlyArray<UnitSpec> => {
  const plugins = (file.plugins ?? []).map((entry, at) => ({ entry, settings: settingsOf(around, entry, at) }))
  const alone = plugins.flatMap(({ entry, settings }): ReadonlyArray<UnitSpec> => {
    const program = programOf(around, entry)
    if (program === null) return []
    const restart = restartOf(entry.restart)
    // Whoever starts it may stop it for as long as they like.
    const patience = program.kind === "socket" ? { again: true, crashBudget: Number.POSITIVE_INFINITY } : {}
    const limits = limitsOf(entry.limits, program.kind === "wasm" ? wasmLimits : defaultUnitLimits)
    return [{ key: entry.id, plugins: [settings], program, limits, restart: { ...restart, ...patience } }]
  })
  const shared = Object.entries(file.hosts ?? {}).map(([name, host]) => ({
    key: `host:${name}`,
    plugins: plugins.filter(({ entry }) => entry.host === name).map(({ settings }) => settings),
    program: execOf(around, host, host, true),
    limits: limitsOf(host.limits),
    restart: restartOf(host.restart)
  }))
  return [...alone, ...shared]
}

const socketDirectoryOf = Effect.fnUntraced(function* (around: Around, file: ManifestFile) {
  const given = file.socket_directory
  if (given === undefined) return null
  const directory: SocketDirectory = {
    path: resolve(around.folder, given.path),
    token: "",
    sources: given.sources ?? null,
    plugins: given.plugins ?? null
  }
  if (given.token_file === undefined) return directory
  const fault = around.complain(["socket_directory", "token_file"], "a file with one line, the token, is expected")
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(resolve(around.folder, given.token_file)), () => fault)
  const token = text.trim()
  if (token === "" || token.length > tokenBytesMax || /\s/.test(token)) return yield* fault
  return { ...directory, token }
})

/** Reads the manifest. `environment` is the agent's own: what `${NAME}` and the allow-lists of the plugins take from. */
export const loadPluginManifest = Effect.fn("loadPluginManifest")(function* (
  file: string,
  environment: Environment
): Effect.fn.Return<PluginManifest, ConfigInvalid, FileSystem.FileSystem> {
  const { faultAt, value } = yield* loadYamlDocument(file, ManifestFile, environment)
  const around: Around = { folder: dirname(resolve(file)), environment, complain: faultAt }
  return { units: unitsOf(around, value), socketDirectory: yield* socketDirectoryOf(around, value) }
})

/** The same of a manifest that a host makes itself, with paths taken from `folder`. */
export const pluginManifestOf = (file: ManifestFile, folder: string, environment: Environment): PluginManifest => {
  const complain: Around["complain"] = (path, expected) =>
    new ConfigInvalid({ file: "the built-in manifest", line: 0, column: 0, path: path.join("."), expected })
  return { units: unitsOf({ folder, environment, complain }, file), socketDirectory: null }
}
