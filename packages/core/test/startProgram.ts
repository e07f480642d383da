/** Starts one of `programs.ts` and lets a test wait for what it says and how it ends. */

import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const file = fileURLToPath(new URL("./programs.ts", import.meta.url))

export const startProgram = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, ["--conditions=@farmops/source", file, ...args])),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      let stdout = ""
      let stderr = ""
      child.stdout.on("data", (chunk) => {
        stdout += String(chunk)
      })
      child.stderr.on("data", (chunk) => {
        stderr += String(chunk)
      })
      const ended = new Promise<Ended>((resolve) => {
        child.on("close", (code) => resolve({ code, stdout, stderr }))
      })
      /** The whole first output up to and with the first line end that follows `text`. */
      const said = (text: string) =>
        Effect.callback<string>((resume) => {
          const look = () => {
            if (stdout.includes(text) && stdout.endsWith("\n")) resume(Effect.succeed(stdout))
          }
          child.stdout.on("data", look)
          look()
        })
      return {
        said,
        signal: (name: NodeJS.Signals) => Effect.sync(() => child.kill(name)),
        ended: Effect.promise(() => ended)
      }
    }
  )
