/** Programs of this folder, each on a core of its own: the tracker on one and everybody who asks it on the other. */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** Core of the tracker and of its limits, and core of the agents. */
export const cores = { server: 0, client: 1 } as const

/** Without it, or on one core, everything shares what there is. */
export const canPin = existsSync("/usr/bin/taskset") && availableParallelism() > 1

const outputBytesMax = 1024 * 1024

const commandOf = (core: number, program: string, args: ReadonlyArray<string>) => {
  const node = [
    process.execPath,
    "--conditions=@farmops/source",
    fileURLToPath(new URL(program, import.meta.url)),
    ...args
  ]
  const [command = "", ...rest] = canPin ? ["taskset", "-c", String(core), ...node] : node
  return { command, rest }
}

/** Runs it to its end and answers with the JSON of its last line. */
export const ask = async <A>(core: number, program: string, ...args: ReadonlyArray<string>): Promise<A> => {
  const { command, rest } = commandOf(core, program, args)
  const { stdout } = await promisify(execFile)(command, rest, { maxBuffer: outputBytesMax })
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")
}

/** A server that said where it answers. */
export interface Served<A> {
  readonly at: A
  readonly child: ChildProcess
  readonly stop: () => Promise<void>
}

/** Starts a server and waits for its first line. */
export const serve = async <A>(core: number, program: string, ...args: ReadonlyArray<string>): Promise<Served<A>> => {
  const { command, rest } = commandOf(core, program, args)
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] })
  const died = once(child, "exit").then(([code]) => Promise.reject(new Error(`${program} ended with ${code}`)))
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), died])
  died.catch(() => undefined)
  const stop = async () => {
    const exited = once(child, "exit")
    child.stdin.end()
    await exited
  }
  return { at: JSON.parse(line), child, stop }
}
