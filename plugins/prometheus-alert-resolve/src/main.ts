/** The program that an agent starts. */
import { servePlugin } from "@farmops/plugin-sdk/author/servePlugin"
import { prometheusAlertResolve } from "./plugin.ts"

await servePlugin(prometheusAlertResolve, process.env)
