/** The program that an agent starts. */
import { servePlugin } from "@farmops/plugin-sdk/author/servePlugin"
import { k8sResourceAudit } from "./plugin.ts"

await servePlugin(k8sResourceAudit, process.env)
