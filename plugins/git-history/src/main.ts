/** The program that an agent starts. */
import { servePlugin } from "@farmops/plugin-sdk/author/servePlugin"
import { gitHistory } from "./plugin.ts"

await servePlugin(gitHistory, process.env)
