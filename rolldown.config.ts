/**
 * Bundles one host or plugin into `dist/main.js`, started from its folder: `rolldown -c ../../rolldown.config.ts`.
 * Everything is inside but Node's own modules and optional native ones, so the file runs alone. Beside it lie what must be
 * files of their own: workers, the first-party plugins that an agent starts as processes, and the page that a tracker serves.
 */
import { globSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { basename, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { defineConfig, type Plugin, type RolldownOptions } from "rolldown"
import { thirdPartyNotices } from "./scripts/thirdPartyNotices.ts"

/** Native or optional packages that a bundle looks for at run time and does without. */
const optional = ["sodium-native"]

/** Container engines are spoken to by their socket. The library for those behind SSH is native code and files of its own. */
const withoutSsh: Plugin = {
  name: "without-ssh",
  resolveId: (id) => (id === "ssh2" ? { id: "\0ssh2" } : null),
  load: (id) => (id === "\0ssh2" ? "export {}" : null)
}

const dependenciesOf = (file: string): ReadonlyArray<string> =>
  Object.keys(JSON.parse(readFileSync(file, "utf8")).dependencies ?? {})

/** Whether this is the named host, or one that has it inside. */
const carries = (host: string): boolean =>
  process.cwd().endsWith(`/hosts/${host}`) || dependenciesOf("package.json").includes(`@farmops/${host}`)

/** The plugins that a host with an agent inside carries: those that the agent itself depends on. */
const carriedPlugins = (): ReadonlyArray<string> => {
  const agent = new URL("./hosts/agent/package.json", import.meta.url).pathname
  if (!carries("agent")) return []
  return dependenciesOf(agent).filter((name) => /^@farmops\/plugin-(?!sdk$)/.test(name))
}

/** Puts the verifier's page where `verifierPage.ts` looks for it. */
const carriedPage: Plugin = {
  name: "carried-page",
  generateBundle(_options, output) {
    const modules = Object.values(output).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
    if (!modules.some((id) => id.endsWith("/core/src/api/verifierPage.ts"))) return
    const source = readFileSync(new URL("./packages/proof/verifier/index.html", import.meta.url), "utf8")
    this.emitFile({ type: "asset", fileName: "verifier.html", source })
  }
}

/** Puts the projects that `farmops plugin new` copies where `pluginNew.ts` looks for them. */
const carriedTemplates: Plugin = {
  name: "carried-templates",
  generateBundle(_options, output) {
    const modules = Object.values(output).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
    if (!modules.some((id) => id.endsWith("/cli/src/pluginNew.ts"))) return
    const folder = new URL("./packages/plugin-sdk/templates/", import.meta.url)
    for (const file of globSync("**/*", { cwd: folder, withFileTypes: true })) {
      if (!file.isFile() || file.parentPath.includes("__pycache__")) continue
      const path = join(file.parentPath, file.name)
      const fileName = join("templates", relative(fileURLToPath(folder), path))
      this.emitFile({ type: "asset", fileName, source: readFileSync(path, "utf8") })
    }
  }
}

const bundle = (name: string, input: string): RolldownOptions => ({
  input: { [name]: input },
  platform: "node",
  // Without the condition the bundler takes a stale dist, or none.
  resolve: { conditionNames: ["@farmops/source", "node", "import", "default"] },
  external: (id) => isBuiltin(id) || optional.includes(id),
  plugins: [thirdPartyNotices(name), withoutSsh, carriedPage, carriedTemplates],
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
  // A tracker audits chains, and `AuditPool` looks for its worker beside the bundle that it is in.
  ...(carries("tracker") ? [bundle("auditWorker", "@farmops/proof/auditWorker")] : []),
  // An agent runs WebAssembly plugins in threads of their own.
  ...(carries("agent") ? [bundle("wasmWorker", "@farmops/plugin-sdk/runtime/wasm/wasmWorker")] : []),
  // A harness starts the agent that comes with it as a process of its own.
  ...(carries("harness") ? [bundle("issueTriageAgent", "@farmops/agent-issue-triage/main")] : []),
  ...carriedPlugins().map((name) => bundle(basename(name), `${name}/main`))
])
