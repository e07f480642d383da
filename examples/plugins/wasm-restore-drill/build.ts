/** Compiles the plugin with the AssemblyScript of tests/parts: `node build.ts [FILE]`. The same sources always give the same bytes. */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(new URL(".", import.meta.url))
const part = fileURLToPath(new URL("../../../tests/parts/assemblyscript", import.meta.url))

/** The compiler; null where it is not installed. */
export const compiler = (): string | null => {
  const file = `${part}/node_modules/assemblyscript/bin/asc.js`
  return existsSync(file) ? file : null
}

/** What installs it. */
export const installCompiler = "npm ci --prefix tests/parts/assemblyscript"

/** Compiles into `outFile`; with the settings of asconfig.json. */
export const build = (asc: string, outFile: string): void => {
  execFileSync(process.execPath, [asc, "--config", "asconfig.json", "--outFile", outFile], {
    cwd: here,
    stdio: ["ignore", "inherit", "inherit"]
  })
}

if (import.meta.main) {
  const asc = compiler()
  if (asc === null) {
    console.error(`AssemblyScript is not installed: ${installCompiler}`)
    process.exitCode = 1
  } else build(asc, process.argv[2] ?? "restore-drill.wasm")
}
