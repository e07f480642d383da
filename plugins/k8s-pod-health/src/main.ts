/** The program that an agent starts. */
import { servePlugin } from "@farmops/plugin-sdk/author/servePlugin"
import { k8sPodHealth } from "./plugin.ts"

await servePlugin(k8sPodHealth, process.env)
