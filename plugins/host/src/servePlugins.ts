/**
 * Serves several plugins in one process, each on a socket of its own in the folder that the agent chose. What one plugin answers,
 * refuses or throws concerns no other; a crash ends them all, and the agent starts them again.
 */
import { join } from "node:path"
import { type ServedPlugin, serveOn } from "@farmops/plugin-sdk/author/servePlugin"
import {
  idsVariable,
  socketDirectoryVariable,
  socketFileOf,
  tokenVariable
} from "@farmops/plugin-sdk/contract/environment"
import type { LoadPlugin } from "./firstParty.ts"

// sysexits(3) EX_USAGE: started by hand.
const usage = 64

// The list comes from the agent's manifest; a longer one is no list of plugins.
const idsMax = 256

const say = (text: string) => process.stderr.write(`${text}\n`)

/** What was asked for and is known, each once and in order; the agent is told of the others by their having no socket. */
export const chooseIds = (asked: string, known: ReadonlyMap<string, unknown>): ReadonlyArray<string> =>
  [...new Set(asked.split(",").map((id) => id.trim()))].slice(0, idsMax).filter((id) => {
    if (known.has(id)) return true
    if (id !== "") say(`this program does not have the plugin ${JSON.stringify(id.slice(0, 128))}`)
    return false
  })

/**
 * The main of a program that serves several; `environment` is `process.env`. It ends as `servePlugin` does: on SIGTERM, SIGINT,
 * or when the agent's end of standard input closes.
 */
export const servePlugins = async (
  plugins: ReadonlyMap<string, LoadPlugin>,
  environment: Readonly<Record<string, string | undefined>>
): Promise<void> => {
  const directory = environment[socketDirectoryVariable]
  const asked = environment[idsVariable]
  const token = environment[tokenVariable]
  if (!directory || !asked || !token) {
    say(
      `this is a host of FarmOps plugins: an agent starts it and sets ${socketDirectoryVariable}, ${idsVariable} and ${tokenVariable}.`
    )
    process.exitCode = usage
    return
  }
  const served: Array<ServedPlugin> = []
  const stop = () => void Promise.all(served.map(({ close }) => close())).then(() => process.exit(0))
  process.once("SIGTERM", stop)
  process.once("SIGINT", stop)
  process.stdin.once("end", stop).once("error", stop).resume()
  // One after another: `serveOn` narrows the process's umask while it opens a socket.
  for (const id of chooseIds(asked, plugins)) {
    const load = plugins.get(id)
    if (load === undefined) continue
    try {
      served.push(await serveOn(await load(), { socket: join(directory, socketFileOf(id)), token }))
    } catch (error) {
      say(`the plugin ${id} cannot be served: ${error instanceof Error ? error.stack : error}`)
    }
  }
  if (served.length > 0) return
  say("none of the plugins that were asked for can be served")
  process.exit(usage)
}
