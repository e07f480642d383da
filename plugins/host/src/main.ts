/** The program that an agent starts once for all first-party plugins. */
import { firstParty } from "./firstParty.ts"
import { servePlugins } from "./servePlugins.ts"

await servePlugins(firstParty, process.env)
