/** Starts `farmops-village` as a person would, and lets a test wait until it serves and until it ends. */

import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const launcher = fileURLToPath(new URL("../bin/farmops-village.js", import.meta.url))

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "farmops-village-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A port that was free a moment ago. */
export const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** `env` replaces the environment but for the path. */
export const startVillage = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--conditions=@farmops/source", launcher, ...args], {
          env: { PATH: process.env.PATH, ...env }
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      let stdout = ""
      let stderr = ""
      child.stdout.on("data", (chunk) => {
        stdout += String(chunk)
      })
      const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
        child.on("close", (code) => resolve({ code, stdout, stderr }))
      })
      const serves = new Promise<void>((resolve) => {
        child.stderr.on("data", (chunk) => {
          stderr += String(chunk)
          if (stderr.includes("village serves")) resolve()
        })
      })
      return {
        /** Ends when it says that it serves, or when it has ended. */
        serves: Effect.promise(() => Promise.race([serves, ended.then(() => undefined)])),
        ended: Effect.promise(() => ended),
        kill: (signal: NodeJS.Signals) =>
          Effect.andThen(
            Effect.sync(() => child.kill(signal)),
            Effect.promise(() => ended)
          )
      }
    }
  )
