/** Runs the real `farmops` as a process of its own, as a user does, and lets a test wait for what it says. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { UpReport } from "../src/up/UpReport.ts"

const bin = fileURLToPath(new URL("../bin/farmops.js", import.meta.url))

type Reported = { readonly [Name in "source" | "serving" | "grown"]: Parameters<UpReport[Name]>[0] }

/** What the events of `up --json` say, by their names. */
interface UpEvents extends Reported {
  readonly progress: { readonly done: number; readonly total: number }
  readonly changed: Pick<Reported["grown"], "farm">
  readonly trouble: { readonly code: string }
  readonly stopped: object
}

/** One JSON line of `up --json`. */
export type UpEvent = {
  readonly [Name in keyof UpEvents]: { readonly event: Name } & UpEvents[Name]
}[keyof UpEvents]

type Named<Name> = Extract<UpEvent, { readonly event: Name }>

/** What a finished command left. */
export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

const start = (args: ReadonlyArray<string>, cwd: string, env: Readonly<Record<string, string>> = {}): ChildProcess =>
  spawn(process.execPath, ["--conditions=@farmops/source", bin, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "", FARMOPS_OWNER_TOKEN: undefined, NO_COLOR: "1", ...env }
  })

const finish = (child: ChildProcess): Promise<Finished> =>
  new Promise((done, fail) => {
    let stdout = ""
    let stderr = ""
    child.stdout?.setEncoding("utf8").on("data", (text) => (stdout += text))
    child.stderr?.setEncoding("utf8").on("data", (text) => (stderr += text))
    child.on("error", fail)
    child.on("close", (code, signal) => done({ code, signal, stdout, stderr }))
  })

/** Runs a command to its end; `env` is added to the environment. */
export const runFarmops = (
  args: ReadonlyArray<string>,
  cwd: string,
  env: Readonly<Record<string, string>> = {}
): Promise<Finished> => finish(start(args, cwd, env))

/** Starts a command that a test ends before it is done. */
export const startFarmops = (args: ReadonlyArray<string>, cwd: string, env: Readonly<Record<string, string>> = {}) => {
  const child = start(args, cwd, env)
  const ended = finish(child)
  return {
    ended,
    kill: (signal: NodeJS.Signals): Promise<Finished> => {
      child.kill(signal)
      return ended
    }
  }
}

/** A running `farmops up --json`. Every wait ends when the process does. */
export class RunningUp {
  readonly events: Array<UpEvent> = []
  readonly ended: Promise<Finished>
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()
  #over = false

  constructor(args: ReadonlyArray<string>, cwd: string) {
    this.#child = start(["up", "--json", ...args], cwd)
    this.ended = finish(this.#child)
    let rest = ""
    this.#child.stdout?.on("data", (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) this.events.push(JSON.parse(line))
      for (const look of this.#waiting) look()
    })
    this.ended.then(() => {
      this.#over = true
      for (const look of this.#waiting) look()
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** The first event of this name, past or to come, that satisfies `such`. */
  async event<Name extends keyof UpEvents>(
    name: Name,
    such: (event: Named<Name>) => boolean = () => true
  ): Promise<Named<Name>> {
    const isNamed = (event: UpEvent): event is Named<Name> => event.event === name
    const find = () => this.events.filter(isNamed).find(such)
    await new Promise<void>((done) => {
      const look = () => {
        if (find() === undefined && !this.#over) return
        this.#waiting.delete(look)
        done()
      }
      this.#waiting.add(look)
      look()
    })
    const found = find()
    if (found !== undefined) return found
    const { code, stderr } = await this.ended
    throw new Error(`farmops up ended with ${code} before "${name}": ${stderr}`)
  }

  kill(signal: NodeJS.Signals): Promise<Finished> {
    this.#child.kill(signal)
    return this.ended
  }
}
