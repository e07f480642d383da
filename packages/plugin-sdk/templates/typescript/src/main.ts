/** The program that an agent starts. */
import { servePlugin } from "@farmops/plugin-sdk/author/servePlugin"
import { plugin } from "./plugin.ts"

await servePlugin(plugin, process.env)
