/**
 * Bundles one host or plugin into `dist/main.js`, started from its folder: `rolldown -c ../../rolldown.config.ts`.
 * Everything is inside but Node's own modules and optional native ones, so the file runs alone. Beside it lie what must be
 * files of their own: workers, and the first-party plugins that an agent starts as processes.
 */
import { globSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { basename } from "node:path"
import { defineConfig, type RolldownOptions } from "rolldown"
import { thirdPartyNotices } from "./scripts/thirdPartyNotices.ts"

/** Native or optional packages that a bundle looks for at run time and does without. */
const optional = ["sodium-native"]

const dependenciesOf = (file: string): ReadonlyArray<string> =>
  Object.keys(JSON.parse(readFileSync(file, "utf8")).dependencies ?? {})

/** The plugins that a host with an agent inside carries: those that the agent itself depends on. */
const carriedPlugins = (): ReadonlyArray<string> => {
  const agent = new URL("./hosts/agent/package.json", import.meta.url).pathname
  const hasAgent = process.cwd().endsWith("/hosts/agent") || dependenciesOf("package.json").includes("@farmops/agent")
  if (!hasAgent) return []
  return dependenciesOf(agent).filter((name) => /^@farmops\/plugin-(?!sdk$)/.test(name))
}

const bundle = (name: string, input: string): RolldownOptions => ({
  input: { [name]: input },
  platform: "node",
  // Without the condition the bundler takes a stale dist, or none.
  resolve: { conditionNames: ["@farmops/source", "node", "import", "default"] },
  external: (id) => isBuiltin(id) || optional.includes(id),
  plugins: [thirdPartyNotices(name)],
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    comments: { legal: true },
    codeSplitting: false
  }
})

export default defineConfig([
  bundle("main", "src/main.ts"),
  ...globSync("src/**/*{w,W}orker.ts").map((file) => bundle(basename(file, ".ts"), file)),
  ...carriedPlugins().map((name) => bundle(basename(name), `${name}/main`))
])
