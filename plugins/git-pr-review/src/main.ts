/** The program that an agent starts. */
import { servePlugin } from "@farmops/plugin-sdk/author/servePlugin"
import { gitPrReview } from "./plugin.ts"

await servePlugin(gitPrReview, process.env)
