/** Runs one example as a reader would, and gives what it printed. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

export const runExample = (name: string): string =>
  execFileSync(process.execPath, ["--conditions=@farmops/source", `${name}/main.ts`], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    encoding: "utf8",
    env: { PATH: process.env.PATH, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 25_000
  })
