/** A real `farmops` command on a real repository, in a data directory of its own that ends with the test. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../../hosts/cli/bin/farmops.js", import.meta.url))

/** Nothing of the machine's own git or farm may leak into a test. */
const env = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  NODE_OPTIONS: "--conditions=@farmops/source",
  NO_COLOR: "1"
}

export interface Output {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const started = (args: ReadonlyArray<string>, cwd: string) => {
  const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
  const output = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text
  })
  return { child, output }
}

/** Runs one command to its end. */
export const farmops = async (args: ReadonlyArray<string>, cwd: string = tmpdir()): Promise<Output> => {
  const { child, output } = started(args, cwd)
  const [code] = await once(child, "close")
  return { ...output, code }
}

/** A temporary folder and what removes it. */
export const temporary = (name: string) => {
  const path = mkdtempSync(join(tmpdir(), `farmops-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** Asks again every 50 ms until there is an answer. */
export const eventually = async <A>(what: string, ask: () => Promise<A | null>, secondsMax = 20): Promise<A> => {
  const end = performance.now() + secondsMax * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > end) throw new Error(`${what}: not within ${secondsMax} s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

interface Endpoints {
  readonly tracker: string
  readonly agent: string
  readonly village: string | null
}

/** A running `farmops up`. */
export class FarmProcess {
  readonly data: string
  readonly #child: ChildProcess
  readonly #output: { stdout: string; stderr: string }

  constructor(options: { readonly data: string; readonly repository: string }) {
    this.data = options.data
    const { child, output } = started(
      ["up", "--data", options.data, "--repo", options.repository, "--port-base", "0"],
      tmpdir()
    )
    this.#child = child
    this.#output = output
  }

  /** Everything it has printed: what a person sees, and the log at its default level. */
  get printed(): string {
    return this.#output.stdout + this.#output.stderr
  }

  /** Where it serves, once it does. */
  endpoints(): Promise<Endpoints> {
    const file = join(this.data, "endpoints.json")
    return eventually("endpoints.json", async () => {
      if (this.#child.exitCode !== null) throw new Error(`up ended with ${this.#child.exitCode}: ${this.printed}`)
      return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Endpoints) : null
    })
  }

  /** Waits until the tracker has this many proofs, and gives the farm. */
  async grown(proofs: number): Promise<Readonly<Record<string, unknown>>> {
    const { tracker } = await this.endpoints()
    return eventually(`${proofs} proofs`, async () => {
      const farm = (await (await fetch(`${tracker}/api/v1/farm`)).json()) as Readonly<Record<string, unknown>>
      return Number(farm.proofs) >= proofs ? farm : null
    })
  }

  /** Asks it to stop and gives its exit status. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const closed = once(this.#child, "close")
    this.#child.kill(signal)
    const [code] = await closed
    return code
  }
}
