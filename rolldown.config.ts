/**
 * Bundles one host or plugin into `dist/main.js`, started from its folder: `rolldown -c ../../rolldown.config.ts`.
 * Everything is inside but Node's own modules and optional native ones, so the file runs alone.
 */
import { globSync } from "node:fs"
import { isBuiltin } from "node:module"
import { basename } from "node:path"
import { defineConfig } from "rolldown"
import { thirdPartyNotices } from "./scripts/thirdPartyNotices.ts"

/** Native or optional packages that a bundle looks for at run time and does without. */
const optional = ["sodium-native"]

/** A worker cannot be inside the file that starts it, so each `*worker.ts` becomes a file beside it. */
const workers = globSync("src/**/*{w,W}orker.ts").map((file) => [basename(file, ".ts"), file] as const)

export default defineConfig({
  input: { main: "src/main.ts", ...Object.fromEntries(workers) },
  platform: "node",
  // Without the condition the bundler takes a stale dist, or none.
  resolve: { conditionNames: ["@farmops/source", "node", "import", "default"] },
  external: (id) => isBuiltin(id) || optional.includes(id),
  plugins: [thirdPartyNotices],
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    comments: { legal: true },
    ...(workers.length === 0 ? { codeSplitting: false } : {})
  }
})
