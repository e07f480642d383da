/** A plugin program that is as odd as its first argument, in JSON, says. It serves one plugin, or several in a folder. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { serveOn, servePlugin } from "../src/author/servePlugin.ts"
import type { DefinedPlugin } from "../src/contract/DefinedPlugin.ts"
import {
  idsVariable,
  socketDirectoryVariable,
  socketFileOf,
  socketVariable,
  tokenVariable
} from "../src/contract/environment.ts"
import { configuredPlugin, oddPlugin } from "./oddPlugin.ts"

/** What it does otherwise than a good plugin. */
export interface Oddity {
  /** What it says of itself instead. */
  readonly description?: Partial<DefinedPlugin["description"]>
  /** Takes a configuration. */
  readonly configured?: boolean
  /** Ends at once; `once`: only while this file does not exist, which it makes. */
  readonly dies?: "always" | { readonly once: string }
  readonly mute?: boolean
  /** Ids that it does not serve although it is told to. */
  readonly without?: ReadonlyArray<string>
}

const odd = JSON.parse(process.argv[2] ?? "{}") as Oddity
const base = odd.configured === true ? configuredPlugin : oddPlugin
const plugin: DefinedPlugin = { ...base, description: { ...base.description, ...odd.description } }

const serveMany = async (directory: string) => {
  const token = process.env[tokenVariable] ?? ""
  for (const id of (process.env[idsVariable] ?? "").split(",")) {
    if (odd.without?.includes(id)) continue
    const one = { ...plugin, description: { ...plugin.description, plugin_id: id } }
    await serveOn(one, { socket: join(directory, socketFileOf(id)), token })
  }
  process.stdin.once("end", () => process.exit(0)).resume()
  process.once("SIGTERM", () => process.exit(0))
}

const diesNow = (): boolean => {
  if (typeof odd.dies !== "object") return odd.dies === "always"
  try {
    writeFileSync(odd.dies.once, "", { flag: "wx" })
    return true
  } catch {
    return false
  }
}

const directory = process.env[socketDirectoryVariable]
if (diesNow()) process.exitCode = 3
else if (odd.mute === true) process.stdin.resume()
else if (directory !== undefined) await serveMany(directory)
else await servePlugin(plugin, { ...process.env, [socketVariable]: process.env[socketVariable] })
