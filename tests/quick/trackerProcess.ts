/** The real `farmops-tracker` in a process of its own, and what a test asks of it. */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../../hosts/tracker/bin/farmops-tracker.js", import.meta.url))

/** How a tracker is started. */
export interface TrackerPlace {
  readonly db: string
  readonly data: string
  readonly args?: ReadonlyArray<string>
}

/** How a tracker ended. */
export interface TrackerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly errors: string
}

/** A started tracker. */
export class TrackerProcess {
  readonly ended: Promise<TrackerEnd>
  readonly #child: ChildProcess
  readonly #place: TrackerPlace
  readonly #looks = new Set<() => void>()
  #errors = ""
  #over = false

  constructor(place: TrackerPlace) {
    this.#place = place
    const { args = [], data, db } = place
    const flags = ["--db", db, "--data", data, "--port", "0", "--grpc-port", "0", "--time-zone", "UTC", ...args]
    this.#child = spawn(process.execPath, ["--conditions=@farmops/source", program, ...flags], {
      env: { ...process.env, FARMOPS_DB: "", FARMOPS_OWNER_TOKEN: "" },
      stdio: ["ignore", "ignore", "pipe"]
    })
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text
      for (const look of this.#looks) look()
    })
    this.ended = new Promise((done) => {
      this.#child.on("close", (code, signal) => {
        this.#over = true
        done({ code, signal, errors: this.#errors })
        for (const look of this.#looks) look()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isOver(): boolean {
    return this.#over
  }

  /** What it has said until now. */
  get errors(): string {
    return this.#errors
  }

  /** What the pattern finds in what it says, now or later. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((done, fail) => {
      const look = () => {
        const found = pattern.exec(this.#errors)
        if (found === null && !this.#over) return
        this.#looks.delete(look)
        if (found === null) fail(new Error(`the tracker ended: ${this.#errors}`))
        else done(found)
      }
      this.#looks.add(look)
      look()
    })
  }

  /** Where it serves, as soon as it does. */
  async serving(): Promise<{ readonly url: string; readonly grpc: string; readonly token: string }> {
    const [, url = ""] = await this.said(/"?url"?[=:]"?(http:[^\s",}]+)/)
    const [, port = ""] = await this.said(/"?grpcPort"?[=:](\d+)/)
    const token = readFileSync(join(this.#place.data, "owner-token"), "utf8").trim()
    return { url, grpc: `http://127.0.0.1:${port}`, token }
  }

  kill(signal: NodeJS.Signals): Promise<TrackerEnd> {
    this.#child.kill(signal)
    return this.ended
  }
}
