#!/usr/bin/env node
// Starts farmops-agent on a Node that can run it, whatever Node the shell has. Plain JavaScript for Node 18 and newer.
// Made from scripts/bin.js.template by `npm run gen`.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as module from "node:module"
import { fileURLToPath } from "node:url"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const [major, minor] = process.versions.node.split(".").map(Number)
const ok = major > 22 || (major === 22 && minor >= 19)
const own = here("../../../node_modules/node/bin/node")
// A published package has no src: there the bundle runs; in the clone the sources do.
const clone = existsSync(here("../src/main.ts"))
const condition = "--conditions=@farmops/source"
const ready = [process.env.NODE_OPTIONS ?? "", ...process.execArgv].join(" ").includes(condition)

if (clone && ok && ready) {
  // Halves the start from source after the first run.
  module.enableCompileCache?.()
  await import("../src/main.ts")
} else if (clone && (ok || existsSync(own))) {
  const child = spawn(
    ok ? process.execPath : own,
    [condition, fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    {
      // The fourth is a pipe that closes when we are killed, so that the child never outlives us.
      stdio: ["inherit", "inherit", "inherit", "ipc"]
    }
  )
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal sends Ctrl-C to the child as well: passing it on would make two of one.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)))
  }
  child.on("error", (error) => {
    console.error(`farmops-agent: ${error.message}`)
    process.exit(70)
  })
  child.on("exit", (code, signal) => {
    if (signal !== null) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    } else process.exit(code ?? 70)
  })
} else if (ok) {
  await import("../dist/main.js")
} else {
  console.error(`farmops-agent: needs Node >= 22.19, this is ${process.version}.`)
  process.exit(78)
}
