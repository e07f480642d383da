/** The real `farmops-harness run` in a process of its own, on the specification's example configuration, and what a test asks of it. */
import { type ChildProcess, spawn } from "node:child_process"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../../hosts/harness/bin/farmops-harness.js", import.meta.url))

/** As the specification gives it; only the account and the repository are others. */
const example = (bot: string, owner: string, name: string) => `# config.yaml
identity:
  github_token: "\${GITHUB_TOKEN}"    # bot account PAT
  github_user: "${bot}"

llm:
  provider: anthropic                # anthropic | ollama
  model: claude-sonnet-4-6
  api_key: "\${ANTHROPIC_API_KEY}"    # omit for ollama

polling:
  interval_seconds: 60

repos:
  - owner: ${owner}
    name: ${name}
    agents:
      - type: issue-triage
        config:
          stale_days: 30
          labels:
            bug: ["crash", "exception", "error"]
            question: ["how do I", "how to"]
`

/** What a test changes of the example. */
export interface HarnessFileOptions {
  readonly folder: string
  readonly apiUrl: string
  readonly botUser: string
  /** `owner/name`. */
  readonly repository: string
  /** The one line of modes; without it nothing is done. */
  readonly modes?: string
  /** Lines of the agent's `config`. */
  readonly config?: ReadonlyArray<string>
  readonly staleDays?: number
}

/** Writes the example with the places of a test, a mind that asks nobody, and a poll each second. */
export const writeHarnessFile = (options: HarnessFileOptions): string => {
  const { apiUrl, botUser, config = [], folder, modes, repository, staleDays = 30 } = options
  const [owner = "", name = ""] = repository.split("/")
  const yaml = example(botUser, owner, name)
    .replace(/^ {2}github_user: .*\n/m, (line) => `${line}  api_url: ${apiUrl}\n`)
    .replace("interval_seconds: 60", "interval_seconds: 1")
    .replace("repos:", `memory: { path: ${join(folder, "memory.db")} }\n${modes ?? ""}\nrepos:`)
    .replace("- type: issue-triage\n", "- type: issue-triage\n        mind: keyword\n")
    .replace("stale_days: 30", `stale_days: ${staleDays}`)
  const file = join(folder, "config.yaml")
  writeFileSync(file, yaml + config.map((line) => `          ${line}\n`).join(""))
  return file
}

/** How a harness is started. */
export interface HarnessStart {
  readonly configFile: string
  /** Beside PATH and HOME: the secrets, and a collector. */
  readonly env: Readonly<Record<string, string>>
  /** How far its clock is ahead of everybody else's. */
  readonly daysAhead?: number
}

/** How a harness ended, and everything that it said. */
export interface HarnessEnd {
  readonly code: number | null
  readonly said: string
}

const dayMs = 86_400_000

// No test waits for days: the program is the real one, and its clock is wrong.
const clockAhead = (days: number): ReadonlyArray<string> =>
  days === 0
    ? []
    : ["--import", `data:text/javascript,const now=Date.now;Date.now=()=>now.call(Date)%2B${days * dayMs}`]

/** A started harness. */
export class HarnessProcess {
  readonly ended: Promise<HarnessEnd>
  readonly #child: ChildProcess
  readonly #looks = new Set<() => void>()
  #said = ""
  #over = false

  constructor({ configFile, daysAhead = 0, env }: HarnessStart) {
    const flags = ["--conditions=@farmops/source", ...clockAhead(daysAhead), program]
    this.#child = spawn(process.execPath, [...flags, "run", "--config", configFile, "--port", "0", "--log", "debug"], {
      env: { PATH: process.env.PATH, HOME: "/nonexistent", NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text
        for (const look of this.#looks) look()
      })
    }
    this.ended = new Promise((done) => {
      this.#child.on("close", (code) => {
        this.#over = true
        done({ code, said: this.#said })
        for (const look of this.#looks) look()
      })
    })
  }

  /** Everything that it has said until now. */
  get said(): string {
    return this.#said
  }

  /** What the pattern finds in what it says, now or later. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((done, fail) => {
      const look = () => {
        const found = pattern.exec(this.#said)
        if (found === null && !this.#over) return
        this.#looks.delete(look)
        if (found === null) fail(new Error(`the harness ended: ${this.#said}`))
        else done(found)
      }
      this.#looks.add(look)
      look()
    })
  }

  /** What it answers on its port. */
  async ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const [, port = ""] = await this.says(/harness runs[^\n]*"?port"?[=:] ?(\d+)/)
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: response.status, text: await response.text() }
  }

  /** The environments of the processes that it started, as the kernel has them. */
  get childEnvironments(): ReadonlyArray<string> {
    const of = `/proc/${this.#child.pid}/task`
    return readdirSync(of).flatMap((thread) =>
      readFileSync(join(of, thread, "children"), "utf8")
        .split(" ")
        .filter((pid) => pid !== "")
        .map((pid) => readFileSync(`/proc/${pid}/environ`, "latin1"))
    )
  }

  /** Asks it to end. */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<HarnessEnd> {
    this.#child.kill(signal)
    return this.ended
  }
}
