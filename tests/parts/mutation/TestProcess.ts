/** The outer side of runFiles.ts: starts it, gives it one test file at a time, and ends it when a mutant hangs. */
import { type ChildProcess, spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Plan, planVariable } from "./plan.ts"
import type { Job, JobDone } from "./runFiles.ts"

/** `hung`: it was ended because it took too long. */
export type Outcome = JobDone | "hung"

const startMsMax = 60_000

export class TestProcess {
  readonly #sandbox: string
  readonly #planFile: string
  #child: ChildProcess | null = null

  constructor(sandbox: string, name: string) {
    this.#sandbox = sandbox
    this.#planFile = join(sandbox, `${name}.plan.json`)
    // Before the sandbox is removed.
    process.prependListener("exit", () => this.stop())
  }

  /** Runs one test file; `isHung` is asked once a second. */
  async run(file: string, plan: Plan, isHung: (ms: number) => boolean): Promise<Outcome> {
    if (this.#child === null) {
      const ready = await this.#answer(this.#start(), (ms) => ms > startMsMax)
      if (ready === "hung" || !ready.ok) throw new Error("vitest does not start")
    }
    writeFileSync(this.#planFile, JSON.stringify(plan))
    const child = this.#child ?? this.#start()
    const answer = this.#answer(child, isHung)
    child.send({ file } satisfies Job)
    return answer
  }

  stop(): void {
    // Its forks too: one that is in an endless loop would not notice that its parent has gone.
    if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL")
    this.#child = null
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, [join(import.meta.dirname, "runFiles.ts")], {
      cwd: this.#sandbox,
      env: { ...process.env, [planVariable]: this.#planFile },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      detached: true
    })
    this.#child = child
    return child
  }

  #answer(child: ChildProcess, isHung: (ms: number) => boolean): Promise<Outcome> {
    const began = performance.now()
    return new Promise((resolve) => {
      const finish = (outcome: Outcome) => {
        clearInterval(watch)
        child.off("message", finish)
        child.off("exit", gone)
        resolve(outcome)
      }
      const gone = () => {
        this.#child = null
        finish({ ok: false, why: "the test process ended", onlyHooks: false })
      }
      const watch = setInterval(() => {
        if (!isHung(performance.now() - began)) return
        child.off("exit", gone)
        this.stop()
        finish("hung")
      }, 1000)
      child.on("message", finish)
      child.on("exit", gone)
    })
  }
}
